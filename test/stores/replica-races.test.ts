import { setImmediate as turn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createJobQueue } from '../../src/adapters/db/job-queue.ts';
import { insertJobs } from '../../src/adapters/db/jobs.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { incidents } from '../../src/adapters/db/tables.ts';
import { newId } from '../../src/ids.ts';
import { showCard } from '../../src/incidents/jobs.ts';
import type { IncidentDeps } from '../../src/incidents/ports.ts';
import { respondToSignals } from '../../src/incidents/respond-to-signals.ts';
import { settleStep } from '../../src/incidents/settle-step.ts';
import { takeCommand } from '../../src/incidents/take-command.ts';
import { createManualClock } from '../../src/time.ts';
import { emptyDatabase, openTestPostgres } from '../support/databases.ts';
import { bareIncident, measurement, minutesAgo, NOW, PLAYBOOK, sampleService } from './samples.ts';

const ROUNDS = 20;
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
    await first.orm.transaction(async (tx) => {
      await tx.update(incidents).set({ title: 'After' });
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

describe('two replicas that decide', () => {
  /** The verbs of one replica; `lost` counts the races that it lost. */
  function replicaOf(database: Database) {
    const stores = storesOf(database);
    const counted = { lost: 0 };
    const service = sampleService();
    const deps: IncidentDeps = {
      store: {
        ...stores,
        save: async (change) => {
          const answer = await stores.save(change);
          if (answer === 'conflict') counted.lost += 1;
          return answer;
        },
      },
      services: { get: (id) => (id === service.service ? service : undefined), all: () => [service] },
      playbook: PLAYBOOK,
      clock: createManualClock(NOW),
      newId,
    };
    return { deps, counted };
  }
  const lostBy = (replicas: ReturnType<typeof replicaOf>[]) =>
    replicas.reduce((sum, replica) => sum + replica.counted.lost, 0);
  const jobsOf = async (kind: string) =>
    Number((await first.rows(sql`select count(*)::int as n from jobs where kind = ${kind}`))[0]?.n);

  it('take one click that arrives at both once', async () => {
    const replicas = [replicaOf(first), replicaOf(second)];
    const stores = storesOf(first);
    for (let round = 0; round < ROUNDS; round++) {
      const incidentId = `inc_${round}`;
      await stores.save({ incidents: [bareIncident(incidentId)] });
      await Promise.all(replicas.map(({ deps }) => takeCommand(deps, { incidentId, by: 'U1' })));
      expect(await stores.countEntries(incidentId, 'acknowledged')).toBe(1);
      expect(await stores.incident(incidentId)).toMatchObject({ version: 2, commander: 'U1' });
      expect(await jobsOf('incident.say')).toBe(round + 1);
    }
    // Otherwise nothing was raced.
    expect(lostBy(replicas)).toBeGreaterThan(0);
  });

  it('lose no change when people act on one incident at the same moment', async () => {
    const replicas = [replicaOf(first), replicaOf(second)];
    const stores = storesOf(first);
    for (let round = 0; round < ROUNDS; round++) {
      const incidentId = `inc_${round}`;
      await stores.save({ incidents: [bareIncident(incidentId)] });
      await Promise.all([
        takeCommand(replicaOf(second).deps, { incidentId, by: 'U3' }),
        ...replicas.map(({ deps }, i) =>
          settleStep(deps, {
            incidentId,
            stepId: i === 0 ? 'infrastructure' : 'cause',
            by: `U${i}`,
            settlement: i === 0 ? { as: 'done', outcome: 'ok' } : { as: 'chosen', value: 'model' },
          }),
        ),
      ]);
      const incident = await stores.incident(incidentId);
      expect(incident).toMatchObject({ version: 4, commander: 'U3', cause: 'model' });
      expect(Object.keys(incident?.steps ?? {}).sort()).toEqual(['cause', 'infrastructure']);
      expect(await stores.timeline(incidentId)).toHaveLength(3);
    }
    expect(lostBy(replicas)).toBeGreaterThan(0);
  });

  it('declare one incident', async () => {
    const replicas = [replicaOf(first), replicaOf(second)];
    const bad = measurement('bad', 0.7, minutesAgo(1), { samples: 200, windowSeconds: 3600 });
    for (let round = 0; round < ROUNDS; round++) {
      await emptyDatabase(first);
      const delivery = { source: 'signals', id: 'd1', receivedAt: NOW };
      await createDeliveryStore(first, () => {}).storeDelivery(delivery, [bad], []);
      await Promise.all(
        [...replicas, ...replicas].map(({ deps }) => respondToSignals(deps, 'support-agent')),
      );
      const declared = await storesOf(first).listLatest(10);
      expect(declared).toMatchObject([{ phase: 'triage', severity: 'SEV1', trigger: 'eval_score_drop' }]);
      expect(await storesOf(first).timeline(declared[0]?.id ?? '')).toHaveLength(1);
      expect(await jobsOf('incident.open_channel')).toBe(1);
    }
    expect(lostBy(replicas)).toBeGreaterThan(0);
  });
});
