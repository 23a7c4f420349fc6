import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Bench, BenchContext, Figure } from './bench.ts';
import { ingest } from './ingest.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { startDurablePostgres } from './postgres.ts';
import { scale } from './scale.ts';
import { services } from './services.ts';
import { soak } from './soak.ts';
import { triggers } from './triggers.ts';

const BENCHES: Readonly<Record<string, Bench>> = { ingest, latency, scale, services, memory, triggers, soak };

const USAGE = `npm run bench -- [${Object.keys(BENCHES).join('|')}…] [--rounds 3] [--soak 10m]`;

/** Runs the named measurements, or all; prints, and fails only when something broke. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '3' }, soak: { type: 'string', default: '10m' } },
  });
  const chosen = (positionals.length === 0 ? Object.keys(BENCHES) : positionals).map((name) => {
    const bench = BENCHES[name];
    if (bench === undefined) throw new Error(`There is no benchmark "${name}". ${USAGE}`);
    return { name, bench };
  });
  const [, amount, unit] = /^(\d+)(s|m)$/.exec(values.soak) ?? [];
  const rounds = Number(values.rounds);
  if (amount === undefined || !Number.isInteger(rounds) || rounds < 1) throw new Error(USAGE);

  const say = (line: string): boolean => process.stdout.write(`${line}\n`);
  const postgres = await startDurablePostgres();
  const context: BenchContext = {
    postgres,
    rounds,
    soakSeconds: Number(amount) * (unit === 'm' ? 60 : 1),
    say: (line) => say(`  ${line}`),
  };
  try {
    const figures: Figure[] = [];
    for (const { name, bench } of chosen) {
      say(name);
      figures.push(...(await bench(context)));
    }
    say(`\n${table(figures)}\n\n${machine(postgres.version, rounds)}`);
  } finally {
    await postgres.stop();
  }
}

function table(figures: readonly Figure[]): string {
  const lines = figures.map(
    ({ figure, goal, measured, met }) =>
      `| ${figure} | ${goal} | ${measured} | ${met === undefined ? '' : met ? 'yes' : 'no'} |`,
  );
  return ['| figure | goal | measured | met |', '|---|---|---|---|', ...lines].join('\n');
}

function machine(postgres: string, rounds: number): string {
  const cores = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${cores.length} cores (${cores[0]?.model.trim() ?? 'unknown'}), ${memory} GB, Node ${process.versions.node}, ${postgres}; load generator, bot and database share them. Medians of ${rounds} rounds (least–greatest).`;
}

await main();
