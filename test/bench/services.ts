import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { openDatabase } from '../../src/adapters/db/database.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { readRunbookFiles } from '../../src/adapters/files/yaml-files.ts';
import { examineRunbooks } from '../../src/catalogue/load-catalogue.ts';
import { serviceFile } from '../../src/catalogue/service-file.ts';
import { respondToSignals } from '../../src/incidents/respond-to-signals.ts';
import { silentLogger } from '../../src/log.ts';
import { systemClock } from '../../src/time.ts';
import { createScratchDatabase } from '../support/postgres-server.ts';
import type { Bench } from './bench.ts';
import { serviceName } from './bot.ts';
import { median, spread } from './statistics.ts';

const FEW = 100;
const MANY = 5_000;
/** Each round evaluates so many services so many times, each time after a new measurement. */
const AT_ONCE = 100;
const TIMES = 5;
/** Services that were measured each minute, as Prometheus is polled. */
const DENSE = 20;

/** Evaluating a service with few and with many others in the same tables: load, decide and save, in turn. */
export const services: Bench = async ({ postgres, rounds, say }) => {
  const few = await side(postgres.url, FEW, FOUR_HOURS);
  const many = await side(postgres.url, MANY, FOUR_HOURS);
  const dense = await side(postgres.url, DENSE, 1);
  try {
    const ratios: number[] = [];
    const times: number[] = [];
    const ofDense: number[] = [];
    // The first round saves everything for the first time and warms both up.
    for (let round = 0; round <= rounds; round++) {
      const spent = { few: [] as number[], many: [] as number[] };
      for (let time = 0; time < TIMES; time++) {
        const [ofFew, ofMany] = [await few.begin(time), await many.begin(time)];
        // In turn, one by one, so that what else the machine does falls on both alike.
        for (let index = 0; index < AT_ONCE; index++) {
          spent.few.push(await few.evaluate(ofFew[index] ?? ''));
          spent.many.push(await many.evaluate(ofMany[index] ?? ''));
        }
      }
      const spentDense: number[] = [];
      for (const service of await dense.begin(round)) spentDense.push(await dense.evaluate(service));
      if (round === 0) continue;
      ofDense.push(median(spentDense));
      ratios.push(median(spent.many) / median(spent.few));
      times.push(median(spent.many));
      say(
        `round ${round}: ${median(spent.few).toFixed(2)} → ${median(spent.many).toFixed(2)} ms a service, median; measured each minute ${median(spentDense).toFixed(2)} ms`,
      );
    }
    return [
      {
        figure: `${FEW} → ${MANY.toLocaleString('en')} services: evaluation of one, with the database`,
        goal: '≤ 1.3 ×',
        measured: `${spread(ratios, 2)} × (${median(times).toFixed(1)} ms)`,
        met: median(ratios) <= 1.3,
      },
      {
        figure:
          'Evaluation of a service whose four SLIs were measured each minute for a week, with the database',
        goal: '–',
        measured: `${spread(ofDense, 1)} ms`,
      },
    ];
  } finally {
    for (const each of [few, many, dense]) await each.stop();
  }
};

/** Minutes. */
const FOUR_HOURS = 240;

/** A database with a week of four SLIs, each so many minutes, for so many services, and evaluations of some of them. */
async function side(postgresUrl: string, count: number, every: number) {
  const scratch = await createScratchDatabase(postgresUrl);
  const { playbook } = examineRunbooks(await readRunbookFiles('runbooks'), {
    secrets: new Map(),
    hasPublicUrl: true,
  });
  if (playbook === undefined) throw new Error('the playbook has faults');
  const database = await openDatabase({ kind: 'postgres', url: scratch.url }, silentLogger);
  const client = new pg.Client({ connectionString: scratch.url });
  await client.connect();
  await client.query(WEEK.replaceAll('$count', String(count)).replaceAll('$every', String(every)));
  await client.query('vacuum analyze');
  const known = new Map(
    Array.from({ length: count }, (_, index) => {
      const service = serviceName(index + 1);
      return [service, serviceFile.parse({ service, tier: 1, owners: { team: 'bench' } })] as const;
    }),
  );
  const deps = {
    store: createStores(database, systemClock, () => {}),
    services: { get: (id: string) => known.get(id), all: () => [...known.values()] },
    playbook,
    clock: systemClock,
    newId: (prefix: string) => `${prefix}_${randomUUID()}`,
  };
  // Spread over all of them, so that pages are not shared by chance.
  const chosen = (time: number): string[] =>
    Array.from({ length: Math.min(AT_ONCE, count) }, (_, index) =>
      serviceName(1 + (((time * AT_ONCE + index) * 7919) % count)),
    );
  let value = 0.95;
  return {
    /** A new measurement of each of the services that are evaluated next. */
    async begin(time: number): Promise<readonly string[]> {
      value -= 0.0001;
      await client.query(MEASURED.replaceAll('$value', String(value)), [chosen(time)]);
      return chosen(time);
    },
    /** Milliseconds. */
    async evaluate(service: string): Promise<number> {
      const began = performance.now();
      await respondToSignals(deps, service);
      return performance.now() - began;
    },
    async stop(): Promise<void> {
      await client.end();
      await database.close();
      await scratch.drop();
    },
  };
}

const WEEK = `insert into signals (source, type, id, service, at, sli, value, samples, signal)
  select 'bench', 'measurement', sli || n || '-' || h, 'svc-' || lpad(n::text, 6, '0'), now() - h * interval '$every minutes', sli, value, 200,
    jsonb_build_object('type', 'measurement', 'windowSeconds', 900)
  from generate_series(1, $count) n, generate_series(1, 7 * 24 * 60 / $every) h,
    (values ('task_completion_rate', 0.95), ('hallucination_rate', 0.01), ('latency_p95', 1), ('structured_output_error_rate', 0.001)) of (sli, value)`;

const MEASURED = `insert into signals (source, type, id, service, at, sli, value, samples, signal)
  select 'bench', 'measurement', gen_random_uuid()::text, service, now(), 'task_completion_rate', $value, 200, '{"type": "measurement", "windowSeconds": 900}'
  from unnest($1::text[]) service`;
