import { sql } from 'drizzle-orm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createJobQueue, type JobStore } from '../../src/adapters/db/job-queue.ts';
import { createStores, type Stores } from '../../src/adapters/db/stores.ts';
import type { JobQueue } from '../../src/adapters/outbox/ports.ts';
import {
  backoff,
  createOutboxWorker,
  DONE,
  type JobHandler,
  MAX_ATTEMPTS,
  type WorkerOptions,
} from '../../src/adapters/outbox/worker.ts';
import { type Logger, silentLogger } from '../../src/log.ts';
import { createManualClock, type ManualClock, MINUTE, SECOND } from '../../src/time.ts';
import type { NewJob } from '../../src/verb.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { NOW } from './samples.ts';

/** A promise and the function that fulfils it: what a handler waits for instead of sleeping. */
function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** A handler that opens the gate. */
function opening(gate: { open(): void }): JobHandler {
  return async () => {
    gate.open();
    return DONE;
  };
}

describe('backoff', () => {
  it('doubles from a second to a minute', () => {
    const waits = Array.from({ length: MAX_ATTEMPTS }, (_, i) => backoff(i + 1) / SECOND);
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]);
  });
});

describeOnBoth('the outbox worker', (open) => {
  let database: Database;
  let queue: JobStore;
  let stores: Stores;
  let clock: ManualClock;
  let dead: string[];
  let logged: string[];
  beforeAll(async () => {
    database = (await open()).database;
    queue = createJobQueue(database);
  });
  beforeEach(async () => {
    await emptyDatabase(database);
    clock = createManualClock(NOW);
    stores = createStores(database, clock, () => {});
    dead = [];
    logged = [];
  });

  function createWorker(
    handlers: Readonly<Record<string, JobHandler>>,
    options: Partial<WorkerOptions> = {},
  ) {
    const write: Logger['warn'] = (fields, message) => logged.push(`${message} ${JSON.stringify(fields)}`);
    return createOutboxWorker({
      queue,
      handlers: new Map(Object.entries(handlers)),
      clock,
      log: { ...silentLogger, warn: write, error: write },
      scrub: (text) => text.replaceAll('hunter2', '[secret]'),
      onDead: async (job, reason) => {
        dead.push(`${job.kind}: ${reason}`);
      },
      ...options,
    });
  }
  const job = (kind: string, lane: string, rest: Partial<NewJob> = {}): NewJob => ({
    kind,
    lane,
    payload: {},
    ...rest,
  });
  const row = async () => (await database.rows(sql`select * from jobs order by id`))[0];
  const expireLeases = () =>
    database.orm.execute(
      sql`update jobs set lease_until = now() - interval '1 second' where state = 'running'`,
    );

  it('runs everything that is due, a lane in its order, and then has settled', async () => {
    const ran: unknown[] = [];
    const worker = createWorker({
      note: async ({ lane, payload }) => {
        ran.push(`${lane}${payload.n}`);
        if (lane === 'a' && payload.n === 1) await stores.enqueue(job('note', 'a', { payload: { n: 9 } }));
        return DONE;
      },
    });
    for (const n of [1, 2, 3])
      for (const lane of ['a', 'b', 'c']) await stores.enqueue(job('note', lane, { payload: { n } }));
    await stores.enqueue(job('note', 'd', { dueAt: new Date(NOW.getTime() + 1), payload: { n: 1 } }));
    await worker.settle();
    for (const lane of ['b', 'c'])
      expect(ran.filter((each) => String(each).startsWith(lane))).toEqual(
        [1, 2, 3].map((n) => `${lane}${n}`),
      );
    expect(ran.filter((each) => String(each).startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a9']);
    expect(ran).not.toContain('d1');
    clock.advance(1);
    await worker.settle();
    expect(ran.at(-1)).toBe('d1');
    expect(await queue.countByState()).toEqual(new Map([['done', 11]]));
  });

  it('runs lanes beside each other, one job of each', async () => {
    const [both, gate] = [createGate(), createGate()];
    const underWay = new Map<string, number>();
    const worker = createWorker({
      wait: async ({ lane }) => {
        underWay.set(lane, (underWay.get(lane) ?? 0) + 1);
        if (underWay.size === 2) both.open();
        await gate.opened;
        return DONE;
      },
    });
    await stores.enqueue(job('wait', 'a'), job('wait', 'a'), job('wait', 'b'));
    const settled = worker.settle();
    await both.opened;
    expect([...underWay]).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    gate.open();
    await settled;
    expect(underWay.get('a')).toBe(2);
  });

  it('tries again what failed, later and later, and then counts it dead and says so', async () => {
    const attempts: [number, boolean][] = [];
    const worker = createWorker({
      fail: async ({ attempt }, { lastAttempt }) => {
        attempts.push([attempt, lastAttempt]);
        throw new Error(`refused with hunter2, try ${attempt}`);
      },
    });
    await stores.enqueue(job('fail', 'l'));
    for (let n = 1; n < MAX_ATTEMPTS; n++) {
      await worker.settle();
      expect(await row()).toMatchObject({ state: 'ready', attempts: n });
      clock.advance(backoff(n) - 1);
      await worker.settle();
      expect(attempts).toHaveLength(n);
      clock.advance(1);
    }
    expect(dead).toEqual([]);
    await worker.settle();
    expect(attempts).toEqual(Array.from({ length: MAX_ATTEMPTS }, (_, i) => [i + 1, i + 1 === MAX_ATTEMPTS]));
    expect(await row()).toMatchObject({ state: 'dead', error: 'refused with [secret], try 12' });
    expect(dead).toEqual(['fail: refused with [secret], try 12']);
    expect(logged.join('\n')).toContain('[secret]');
    expect(logged.join('\n')).not.toContain('hunter2');
    clock.advance(60 * MINUTE);
    await worker.settle();
    expect(attempts).toHaveLength(MAX_ATTEMPTS);
  });

  it('waits as long as the other side said', async () => {
    let tries = 0;
    const worker = createWorker({
      limited: async () => (++tries === 1 ? { kind: 'retry', reason: '429', afterMs: 7000 } : DONE),
    });
    await stores.enqueue(job('limited', 'l'));
    await worker.settle();
    clock.advance(6999);
    await worker.settle();
    expect(tries).toBe(1);
    clock.advance(1);
    await worker.settle();
    expect(await row()).toMatchObject({ state: 'done', attempts: 2 });
  });

  it('does not try again what is rejected', async () => {
    const worker = createWorker({ bad: async () => ({ kind: 'reject', reason: 'channel_not_found' }) });
    await stores.enqueue(job('bad', 'l'));
    await worker.settle();
    expect(await row()).toMatchObject({ state: 'dead', attempts: 1, error: 'channel_not_found' });
    expect(dead).toEqual(['bad: channel_not_found']);
  });

  it('leaves a kind it does not know to a version that does', async () => {
    await stores.enqueue(job('new.kind', 'l'));
    await createWorker({}).settle();
    expect(await row()).toMatchObject({ state: 'ready', error: expect.stringContaining('new.kind') });
    expect(dead).toEqual([]);
    clock.advance(backoff(1));
    await createWorker({ 'new.kind': async () => DONE }).settle();
    expect(await row()).toMatchObject({ state: 'done' });
  });

  it.each(['done', 'reject'] as const)(
    'lets another take over what outlasts its lease; its own late end ($0) changes nothing',
    async (kind) => {
      const [started, gate] = [createGate(), createGate()];
      const slow = createWorker({
        k: async () => {
          started.open();
          await gate.opened;
          return kind === 'done' ? DONE : { kind, reason: 'late' };
        },
      });
      await stores.enqueue(job('k', 'l'));
      const settled = slow.settle();
      await started.opened;
      await createWorker({ k: async () => DONE }).settle();
      expect(await row()).toMatchObject({ state: 'running', attempts: 1 });
      await expireLeases();
      await createWorker({ k: async () => ({ kind: 'retry', reason: 'second' }) }).settle();
      const taken = await row();
      expect(taken).toMatchObject({ state: 'ready', attempts: 2 });
      gate.open();
      await settled;
      expect(await row()).toEqual(taken);
      expect(dead).toEqual([]);
      expect(logged.join('\n')).toContain('longer than its lease');
    },
  );

  it('tries again when even the end could not be recorded', async () => {
    let broken = true;
    const flaky: JobQueue = {
      ...queue,
      end: async (...args) => {
        if (broken) throw new Error('connection lost');
        return queue.end(...args);
      },
    };
    let tries = 0;
    const handlers = {
      k: async () => {
        tries += 1;
        return DONE;
      },
    };
    await stores.enqueue(job('k', 'l'));
    await createWorker(handlers, { queue: flaky }).settle();
    expect(logged.join('\n')).toContain('could not be recorded');
    broken = false;
    await expireLeases();
    await createWorker(handlers, { queue: flaky }).settle();
    expect(tries).toBe(2);
    expect(await row()).toMatchObject({ state: 'done', attempts: 2 });
  });

  it('looks again when it is woken while it looks', async () => {
    const [looked, gate, ran] = [createGate(), createGate(), createGate()];
    let claims = 0;
    const slow: JobQueue = {
      ...queue,
      claim: async (...args) => {
        const found = await queue.claim(...args);
        if (++claims === 1) {
          looked.open();
          await gate.opened;
        }
        return found;
      },
    };
    const worker = createWorker({ k: opening(ran) }, { queue: slow });
    worker.start();
    await looked.opened;
    await stores.enqueue(job('k', 'l'));
    worker.wake();
    worker.wake();
    gate.open();
    await ran.opened;
    await worker.stop();
    // Looked, looked again for both wakes, and once more after the job.
    expect(claims).toBeLessThanOrEqual(3);
  });

  it('takes no more jobs once it is stopped, and waits for those under way', async () => {
    const [started, gate] = [createGate(), createGate()];
    const worker = createWorker({
      k: async () => {
        started.open();
        await gate.opened;
        return DONE;
      },
    });
    await stores.enqueue(job('k', 'l'), job('k', 'l'));
    worker.start();
    await started.opened;
    worker.wake();
    const stopped = worker.stop();
    worker.wake();
    gate.open();
    await stopped;
    expect(await queue.countByState()).toEqual(
      new Map([
        ['done', 1],
        ['ready', 1],
      ]),
    );
  });

  it('survives a database that can not be asked', async () => {
    const [failed, ran] = [createGate(), createGate()];
    let claims = 0;
    const flaky: JobQueue = {
      ...queue,
      claim: async (...args) => {
        if (++claims > 1) return queue.claim(...args);
        failed.open();
        throw new Error('connection lost');
      },
    };
    const worker = createWorker({ k: opening(ran) }, { queue: flaky });
    await stores.enqueue(job('k', 'l'));
    worker.start();
    await failed.opened;
    worker.wake();
    await ran.opened;
    await worker.stop();
    expect(logged.join('\n')).toContain('could not be claimed');
  });
});
