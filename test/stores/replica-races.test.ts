import { setImmediate as turn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createJobQueue } from '../../src/adapters/db/job-queue.ts';
import { insertJobs } from '../../src/adapters/db/jobs.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { incidents, jobs } from '../../src/adapters/db/tables.ts';
import { showCard } from '../../src/incidents/jobs.ts';
import { createManualClock } from '../../src/time.ts';
import { emptyDatabase, openTestPostgres } from '../support/databases.ts';
import { bareIncident, minutesAgo, NOW } from './samples.ts';

const JOBS = 500;
const LANES = 20;

/** Two replicas of aire on one PostgreSQL. Races only count here: PGlite has one connection. */
let first: Database;
let second: Database;
let close: () => Promise<void>;
beforeAll(async () => {
  const opened = await openTestPostgres();
  first = opened.database;
  second = await opened.another();
  close = opened.close;
});
afterAll(() => close());
beforeEach(() => emptyDatabase(first));

const storesOf = (database: Database) => createStores(database, createManualClock(NOW), () => {});

describe('two replicas that claim', () => {
  async function fill(): Promise<void> {
    await first.orm.execute(sql`
      insert into jobs (kind, lane, coalesce, payload_version, payload, state, due_at, attempts, created_at)
      select 'k', 'lane' || (n % ${LANES}::int), false, 1, '{}', 'ready', ${NOW.toISOString()}::timestamptz, 0, ${NOW.toISOString()}::timestamptz
      from generate_series(1, ${JOBS}::int) n`);
  }

  it('run each of 500 jobs once, in order, and never two of a lane at a time', async () => {
    await fill();
    const ran: number[] = [];
    const lastOfLane = new Map<string, number>();
    const busy = new Set<string>();
    const claims = [0, 0];
    const work = async (database: Database, replica: number) => {
      const queue = createJobQueue(database);
      while (ran.length < JOBS) {
        const claimed = await queue.claim(NOW, 8, 20);
        claims[replica] = (claims[replica] ?? 0) + claimed.length;
        for (const job of claimed) {
          expect(busy.has(job.lane)).toBe(false);
          busy.add(job.lane);
          expect(job.id).toBeGreaterThan(lastOfLane.get(job.lane) ?? 0);
          lastOfLane.set(job.lane, job.id);
          ran.push(job.id);
        }
        await turn();
        await Promise.all(
          claimed.map((job) => {
            busy.delete(job.lane);
            return queue.end(job, { kind: 'done' }, NOW);
          }),
        );
      }
    };
    await Promise.all([work(first, 0), work(second, 1)]);
    expect(new Set(ran).size).toBe(JOBS);
    expect(ran).toHaveLength(JOBS);
    // Otherwise nothing was raced.
    expect(Math.min(...claims)).toBeGreaterThan(0);
  });

  it('would run jobs twice if a claim only read and then wrote (control)', async () => {
    await fill();
    const ran: number[] = [];
    const naive = async (database: Database) => {
      const rows = await database.rows(sql`select id from jobs where state = 'ready' order by id limit 8`);
      return rows.map((row) => Number(row.id));
    };
    for (let round = 0; round < 10; round++) {
      const claimed = await Promise.all([naive(first), naive(second)]);
      ran.push(...claimed.flat());
      for (const id of claimed.flat())
        await first.orm.execute(sql`update jobs set state = 'done' where id = ${id}`);
    }
    expect(new Set(ran).size).toBeLessThan(ran.length);
  });

  it('never show a card from before a change that is being committed', async () => {
    const card = showCard('inc_1');
    const stores = storesOf(first);
    const queue = createJobQueue(second);
    await stores.save({ incidents: [bareIncident('inc_1', { title: 'Before' })], jobs: [card] });
    await first.transaction(async (tx) => {
      await tx.often(sql`update incidents set title = 'After'`);
      await insertJobs(tx, [card], NOW);
      expect(await queue.claim(NOW, 8, 20)).toEqual([]);
    });
    expect(await queue.claim(NOW, 8, 20)).toMatchObject([{ kind: 'incident.show_card' }]);
    expect((await storesOf(second).incident('inc_1'))?.title).toBe('After');
  });

  it('would show it if the change did not touch the job that waits (control)', async () => {
    const queue = createJobQueue(second);
    await storesOf(first).save({
      incidents: [bareIncident('inc_1', { title: 'Before' })],
      jobs: [showCard('inc_1')],
    });
    await first.orm.transaction(async (tx) => {
      await tx.update(incidents).set({ title: 'After' });
      expect(await queue.claim(NOW, 8, 20)).toHaveLength(1);
      expect((await storesOf(second).incident('inc_1'))?.title).toBe('Before');
    });
  });
});

describe('two replicas that ask for the same job', () => {
  const due = (minutes: number) => ({ ...showCard('inc_1'), dueAt: minutesAgo(-minutes) });

  /** When the job is due at last, which the first asks for while the second is still committing. */
  async function dueWhen(inSecond: number, inFirst: number): Promise<unknown> {
    await storesOf(first).enqueue(due(9));
    let asked: Promise<void> | undefined;
    await second.transaction(async (tx) => {
      await insertJobs(tx, [due(inSecond)], NOW);
      asked = storesOf(first).enqueue(due(inFirst));
      for (let waiting = 0; waiting === 0; ) {
        const [row] = await second.rows(
          sql`select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        waiting = Number(row?.n);
      }
    });
    await asked;
    return (await first.orm.select({ dueAt: jobs.dueAt }).from(jobs))[0]?.dueAt;
  }

  it('leave it due as early as the earlier of them asks', async () => {
    expect(await dueWhen(5, 1)).toEqual(minutesAgo(-1));
    await emptyDatabase(first);
    expect(await dueWhen(1, 5)).toEqual(minutesAgo(-1));
    await emptyDatabase(first);
    // Neither moves it back.
    expect(await dueWhen(10, 11)).toEqual(minutesAgo(-9));
  });

  it('insert it again when it began to run between being found and being locked', async () => {
    await storesOf(first).enqueue(due(0));
    await first.transaction(async (tx) => {
      const statements: string[] = [];
      await insertJobs(
        {
          async often(statement) {
            statements.push('sent');
            if (statements.length === 2)
              expect(await createJobQueue(second).claim(NOW, 8, 20)).toHaveLength(1);
            return tx.often(statement);
          },
        },
        [due(0)],
        NOW,
      );
      expect(statements).toHaveLength(3);
    });
    expect(await first.rows(sql`select state from jobs order by id`)).toEqual([
      { state: 'running' },
      { state: 'ready' },
    ]);
  });
});
