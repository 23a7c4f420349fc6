import { sql } from 'drizzle-orm';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createJobQueue } from '../../src/adapters/db/job-queue.ts';
import { BATCH, removeExpired } from '../../src/adapters/db/retention.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { retentionHandler, retentionJob } from '../../src/adapters/outbox/retention-job.ts';
import { retentionLimits } from '../../src/catalogue/retention.ts';
import { serviceFile } from '../../src/catalogue/service-file.ts';
import { silentLogger } from '../../src/log.ts';
import { createManualClock } from '../../src/time.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { NOW } from './samples.ts';

const service = (name: string, prompts: string) =>
  serviceFile.parse({ service: name, tier: 1, owners: { team: 't' }, retention: { prompts } });
const LIMITS = retentionLimits([service('a', '30d'), service('b', '7d')], NOW);

describeOnBoth('retention', (open) => {
  let database: Database;
  beforeAll(async () => {
    database = (await open()).database;
  });
  beforeEach(() => emptyDatabase(database));

  const daysAgo = (days: number) =>
    sql`${NOW.toISOString()}::timestamptz - make_interval(days => ${days}::int)`;
  const delivery = (id: string, days: number, problem: string | null = null) =>
    database.rows(
      sql`insert into deliveries (source, id, received_at, problem) values ('s', ${id}, ${daysAgo(days)}, ${problem})`,
    );
  const signal = (type: string, name: string, days: number, n = 1) =>
    database.rows(
      sql`insert into signals (source, type, id, service, at, sli, signal)
        select 's', ${type}, ${type} || ${name} || ${days}::int || '-' || i, ${name}, ${daysAgo(days)},
          case when ${type} = 'measurement' then 'sli-' || i % 3 end, '{}' from generate_series(1, ${n}::int) i`,
    );
  const job = (kind: string, state: string, days: number, key: string | null = null, coalesce = false) =>
    database.rows(
      sql`insert into jobs (kind, lane, key, coalesce, payload_version, payload, state, due_at, attempts, created_at, ended_at)
        values (${kind}, 'l', ${key}, ${coalesce}, 1, '{}', ${state}, ${daysAgo(days)}, 1, ${daysAgo(days)}, ${daysAgo(days)})`,
    );
  const left = async (column: string, table: string) =>
    (
      await database.rows(
        sql`select ${sql.identifier(column)} as it from ${sql.identifier(table)} order by 1`,
      )
    ).map((row) => row.it);
  const run = (enough: () => boolean = () => false) => removeExpired(database, LIMITS, enough);

  it('removes deliveries after 30 days, dead letters after 90, and keeps the newest', async () => {
    await delivery('fresh', 29);
    await delivery('old', 31);
    await delivery('dead letter', 31, 'no JSON');
    await delivery('old dead letter', 91, 'no JSON');
    expect(await run()).toEqual({ deliveries: 2, measurements: 0, prompts: 0, jobs: 0, finished: true });
    expect(await left('id', 'deliveries')).toEqual(['dead letter', 'fresh']);
    await emptyDatabase(database);
    await delivery('the only one', 400);
    expect(await run()).toMatchObject({ deliveries: 0 });
  });

  it('removes measurements after 60 days, prompts as the service says, and nothing else that arrived', async () => {
    await signal('measurement', 'a', 59);
    await signal('measurement', 'a', 61);
    await signal('measurement', 'b', 61);
    for (const name of ['a', 'b', 'gone']) {
      await signal('example', name, 8);
      await signal('report', name, 31);
    }
    await signal('alert', 'a', 400);
    await signal('change', 'a', 400);
    expect(await run()).toMatchObject({ measurements: 2, prompts: 4 });
    expect(await left('id', 'signals')).toEqual([
      'alerta400-1',
      'changea400-1',
      'examplea8-1',
      'examplegone8-1',
      'measurementa59-1',
    ]);
  });

  it('removes what is done after 7 days, and what must not be done again after 30; never what is not done', async () => {
    await job('fresh', 'done', 6);
    await job('old', 'done', 8);
    await job('old, coalescing', 'done', 8, 'c', true);
    await job('old, once', 'done', 8, 'once');
    await job('very old, once', 'done', 31, 'once before');
    await job('dead', 'dead', 400);
    await job('ready', 'ready', 400);
    expect(await run()).toMatchObject({ jobs: 3 });
    expect(await left('kind', 'jobs')).toEqual(['dead', 'fresh', 'old, once', 'ready']);
  });

  it('takes one batch a statement, stops when told, and goes on where it stopped', async () => {
    await signal('measurement', 'a', 61, 2 * BATCH + 5);
    let asked = 0;
    // Once for the deliveries, once for the first batch of measurements.
    expect(await run(() => ++asked > 2)).toMatchObject({ measurements: BATCH, finished: false });
    expect(await run()).toMatchObject({ measurements: BATCH + 5, finished: true });
  });

  it('runs once a day whoever asks, and asks for the rest itself', async () => {
    const stores = createStores(database, createManualClock(NOW), () => {});
    await Promise.all([1, 2, 3].map(() => stores.enqueue(retentionJob('2026-11-21'))));
    expect(await left('key', 'jobs')).toEqual(['retention:2026-11-21']);
    const [claimed] = await createJobQueue(database).claim(NOW, 8, 20);
    if (claimed === undefined) throw new Error('nothing was claimed');
    const parts = [false, true];
    const [, handle] = retentionHandler({
      remove: async () => ({ finished: parts.shift() ?? true }),
      enqueue: stores.enqueue,
      log: silentLogger,
    });
    const context = { signal: AbortSignal.timeout(1000), lastAttempt: false };
    await handle(claimed, context);
    expect(await left('key', 'jobs')).toEqual(['retention:2026-11-21', 'retention:2026-11-21:2']);
    await handle(claimed, context);
    expect(await left('key', 'jobs')).toHaveLength(2);
  });
});
