import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { type Database, openDatabase } from '../../src/adapters/db/database.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { silentLogger } from '../../src/log.ts';
import { systemClock } from '../../src/time.ts';
import { createScratchDatabase } from '../support/postgres-server.ts';
import { type BotProcess, createBotProcess, eventually } from './bot-process.ts';

const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** A bot in the middle of a job: Slack has its request and takes 10 s not to answer. */
async function busyBot(): Promise<{ bot: BotProcess; database: Database }> {
  const scratch = await createScratchDatabase(inject('postgresUrl'));
  cleanUp.push(() => scratch.drop());
  const bot = await createBotProcess({ databaseUrl: scratch.url, honoursKey: true });
  cleanUp.push(() => bot.close());
  await bot.start();
  const database = await openDatabase({ kind: 'postgres', url: scratch.url }, silentLogger);
  cleanUp.push(() => database.close());
  bot.slack.misbehave('chat.postMessage', 'hang', 5);
  await createStores(database, systemClock, () => {}).enqueue({
    kind: 'job.report_dead',
    lane: 'slow',
    payload: { jobId: 1, kind: 'k', reason: 'r' },
  });
  await eventually('the job is under way', () => bot.slack.calls('chat.postMessage').length === 1);
  return { bot, database };
}

const job = async (database: Database) =>
  (await database.rows(sql`select state, attempts, lease_until from jobs where lane = 'slow'`))[0];

describe('aire start', () => {
  it('finishes the job that is under way on SIGTERM, and exits with 0 within 20 s', async () => {
    const { bot, database } = await busyBot();
    const began = performance.now();
    expect(await bot.terminate()).toBe(0);
    const seconds = (performance.now() - began) / 1000;
    expect(seconds).toBeLessThan(20);
    // It waited for the job, whose end is recorded: nobody has to wait for a lease.
    expect(seconds).toBeGreaterThan(5);
    expect(await job(database)).toMatchObject({ state: 'ready', attempts: 1, lease_until: null });
  }, 120_000);

  it('control: after a kill -9 the job is still held', async () => {
    const { bot, database } = await busyBot();
    await bot.kill();
    expect(await job(database)).toMatchObject({ state: 'running', attempts: 1 });
  }, 120_000);
});
