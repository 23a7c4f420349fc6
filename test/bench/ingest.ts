import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { createScratchDatabase } from '../support/postgres-server.ts';
import { startBare } from './bare-process.ts';
import type { Bench, BenchContext } from './bench.ts';
import { SIGNAL_SECRET, startBot } from './bot.ts';
import { analyze, settle } from './database-state.ts';
import { healthyDeliveries, post } from './load.ts';
import { startSlackAtOnce } from './slack-at-once.ts';
import { median, quantile, spread } from './statistics.ts';

const SERVICES = 300;
const CONNECTIONS = 16;
const REQUESTS = 20_000;
/** A process that runs for days is compiled; until then each request takes twice the time. */
const WARM_UP = 60_000;
const PGBENCH_SECONDS = 8;

/**
 * Durable ingest by the full path (signature, parsing, one statement, evaluation at the same time) against pgbench with
 * one durable row of the same size a transaction, on the same server, in turn, each after a checkpoint; and against pgbench
 * what a process reaches here that does the least (`bare-ingest.ts`).
 */
export const ingest: Bench = async (context) => {
  const { postgres, rounds, say } = context;
  const ours = await createScratchDatabase(postgres.url);
  const slack = await startSlackAtOnce();
  const bot = await startBot({ databaseUrl: ours.url, slackUrl: slack.url, services: SERVICES });
  const bares = await createScratchDatabase(postgres.url);
  const bare = await startBare('bare-ingest.ts', bares.url, SIGNAL_SECRET);
  const pgbench = await preparePgbench(context);
  const load = (url: string) =>
    post(url, healthyDeliveries(REQUESTS, SERVICES), { connections: CONNECTIONS, status: 202 });
  try {
    for (let sent = 0; sent < WARM_UP; sent += REQUESTS) for (const { url } of [bot, bare]) await load(url);
    await pgbench.run(3);
    await analyze(ours.url);
    const ratios: number[] = [];
    const rates: number[] = [];
    const bareRatios: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      await settle(ours.url);
      const before = await bot.figures();
      const { rate, latencies } = await load(bot.url);
      const cpu = ((await bot.figures()).cpu - before.cpu) / REQUESTS;
      await settle(ours.url);
      const transactions = await pgbench.run(PGBENCH_SECONDS);
      await settle(ours.url);
      const least = await load(bare.url);
      rates.push(rate);
      ratios.push(rate / transactions);
      bareRatios.push(least.rate / transactions);
      say(
        `round ${round}: ${rate.toFixed(0)} req/s, p50 ${quantile(latencies, 0.5).toFixed(1)} ms, p99 ${quantile(latencies, 0.99).toFixed(1)} ms, ${(cpu * 1000).toFixed(2)} ms of the bot's processor a request; pgbench ${transactions.toFixed(0)} tx/s; ratio ${(rate / transactions).toFixed(3)}; bare ${least.rate.toFixed(0)} req/s, ratio ${(least.rate / transactions).toFixed(3)}`,
      );
    }
    if (slack.count() > 10) throw new Error('healthy measurements declared something');
    return [
      {
        figure: `Durable ingest at ${CONNECTIONS} connections ÷ pgbench (${spread(rates, 0)} req/s)`,
        goal: '≥ 0.35',
        measured: spread(ratios, 2),
        met: median(ratios) >= 0.35,
      },
      {
        figure: 'A bare process with one statement a delivery, which evaluates nothing, ÷ pgbench',
        goal: '–',
        measured: spread(bareRatios, 2),
      },
    ];
  } finally {
    await Promise.all([bot.stop(), bare.stop()]);
    await Promise.all([slack.close(), ours.drop(), bares.drop(), pgbench.drop()]);
  }
};

/** One row of 1.5 KB with a primary key a transaction; pgbench's defaults, over TCP as the bot. */
async function preparePgbench({ postgres }: BenchContext) {
  const database = await createScratchDatabase(postgres.url);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    'create table events (id bigint generated always as identity primary key, at timestamptz not null, body jsonb not null)',
  );
  await client.end();
  const directory = await mkdtemp(join(tmpdir(), 'aire-pgbench-'));
  const script = join(directory, 'insert.sql');
  const body = JSON.stringify({ text: '0123456789abcdef'.repeat(94) });
  await writeFile(script, `insert into events (at, body) values (now(), '${body}');\n`);
  const { hostname, port, pathname } = new URL(database.url);
  return {
    /** Transactions a second. */
    async run(seconds: number): Promise<number> {
      const options = ['-n', '-c', String(CONNECTIONS), '-j', '2', '-T', String(seconds), '-f', script];
      const where = ['-h', hostname, '-p', port, '-U', 'postgres', pathname.slice(1)];
      const { stdout } = await promisify(execFile)(join(postgres.bin, 'pgbench'), [...options, ...where]);
      const tps = /tps = ([\d.]+)/.exec(stdout)?.[1];
      if (tps === undefined) throw new Error(`pgbench said:\n${stdout}`);
      return Number(tps);
    },
    async drop(): Promise<void> {
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
