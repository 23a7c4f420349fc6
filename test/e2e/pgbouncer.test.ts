import pg from 'pg';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { isDirect } from '../../src/adapters/db/prepared-statements.ts';
import { createScratchDatabase, openPool } from '../support/postgres-server.ts';
import { createBotProcess } from './bot-process.ts';
import { openDirectWork } from './direct-work.ts';
import { pinnedBaseline, startIngest, wait } from './ingest.ts';
import { missingPgBouncer, startPgBouncer } from './pgbouncer.ts';
import { expectNothingLostNothingTwice } from './what-is-kept.ts';

/** The time between two looks of a replica, and what a busy machine adds. */
const ONE_LOOK = 5 + 4;
const missing = missingPgBouncer();
const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function start(): Promise<{ direct: string; pooled: string }> {
  const scratch = await createScratchDatabase(inject('postgresUrl'));
  cleanUp.push(() => scratch.drop());
  const pgbouncer = await startPgBouncer(scratch.url);
  cleanUp.push(() => pgbouncer.close());
  return { direct: scratch.url, pooled: pgbouncer.url };
}

describe.skipIf(missing !== undefined)('Debian’s PgBouncer in transaction mode', () => {
  it('two replicas start, migrate, ingest, declare and announce behind it, and find all work by looking', async () => {
    const { direct, pooled } = await start();
    const bot = await createBotProcess({ databaseUrl: pooled, edit: pinnedBaseline });
    cleanUp.push(() => bot.close());
    const other = await bot.replica();
    // At the same moment: one of them migrates.
    await Promise.all([bot.start(), other.start()]);
    const ingest = startIngest(bot.signals);
    cleanUp.push(() => ingest.abandon());
    await wait(2000);
    await ingest.finish();
    expect(Object.keys(ingest.answers())).toEqual(['202']);
    await expectNothingLostNothingTwice(direct, bot, ingest);

    const work = await openDirectWork(direct, bot);
    cleanUp.push(() => work.close());
    const ids = Array.from({ length: 12 }, (_, n) => n + 1);
    for (const id of ids) await work.add(id);
    const seconds = Math.max(...(await Promise.all(ids.map(work.untilDone))));
    process.stdout.write(`12 jobs found within ${seconds.toFixed(1)} s\n`);
    expect(seconds).toBeLessThan(ONE_LOOK);
    expect(ids.map(work.effects)).toEqual(ids.map(() => 1));
    // No connection that can't be had made it complain.
    expect([bot.errors(), other.errors()]).toEqual(['', '']);
  }, 120_000);

  it('is noticed, so that no session is asked for a statement that another one prepared', async () => {
    const { direct, pooled } = await start();
    const found = await Promise.all(
      [direct, pooled].map(async (connectionString) => {
        const pool = openPool(connectionString, 1);
        cleanUp.push(() => pool.end());
        return isDirect(pool);
      }),
    );
    expect(found).toEqual([true, false]);
  });

  it('control: through it no NOTIFY is heard, which is heard without it', async () => {
    const { direct, pooled } = await start();
    const heard: string[] = [];
    const open = async (url: string, name: string): Promise<pg.Client> => {
      const client = new pg.Client({ connectionString: url });
      cleanUp.push(() => client.end());
      client.on('notification', () => heard.push(name));
      await client.connect();
      await client.query('listen aire_jobs');
      return client;
    };
    await open(pooled, 'pooled');
    const sender = await open(direct, 'direct');
    await sender.query('notify aire_jobs');
    await wait(1000);
    expect(heard).toEqual(['direct']);
  });
});

if (missing !== undefined) {
  process.stderr.write(`The end-to-end test with PgBouncer can't run: ${missing}\n`);
  // Where every test must run, skipping would look like success.
  if (process.env.CI === 'true') it('PgBouncer is installed', () => expect.fail(missing));
}
