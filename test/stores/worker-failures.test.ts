import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import type { JobQueue } from '../../src/adapters/outbox/ports.ts';
import { backoff, DONE, GIVE_UP_AFTER } from '../../src/adapters/outbox/worker.ts';
import { MINUTE, SECOND } from '../../src/time.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { createGate, createOutboxFixture, job, type OutboxFixture, opening } from './outbox-fixture.ts';

describe('backoff', () => {
  it('doubles from a second to a minute', () => {
    const waits = Array.from({ length: 9 }, (_, i) => backoff(i + 1) / SECOND);
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });
});

describeOnBoth('the outbox worker, when a job fails', (open) => {
  let database: Database;
  let outbox: OutboxFixture;
  beforeAll(async () => {
    database = (await open()).database;
  });
  beforeEach(async () => {
    await emptyDatabase(database);
    outbox = createOutboxFixture(database);
  });

  it('tries again what failed, later and later, and after a day counts it dead and says so', async () => {
    const attempts: [number, boolean][] = [];
    const worker = outbox.createWorker({
      fail: async ({ attempt }, { lastAttempt }) => {
        attempts.push([attempt, lastAttempt]);
        throw new Error(`refused with hunter2, try ${attempt}`);
      },
    });
    await outbox.stores.enqueue(job('fail', 'l'));
    for (let n = 1; n < 12; n++) {
      await worker.settle();
      expect(await outbox.row()).toMatchObject({ state: 'ready', attempts: n });
      outbox.clock.advance(backoff(n) - 1);
      await worker.settle();
      expect(attempts).toHaveLength(n);
      outbox.clock.advance(1);
    }
    // An outage of half a day is waited out.
    outbox.clock.advance(GIVE_UP_AFTER / 2);
    await worker.settle();
    expect(outbox.dead).toEqual([]);
    outbox.clock.advance(GIVE_UP_AFTER / 2);
    await worker.settle();
    expect(attempts).toEqual(Array.from({ length: 13 }, (_, i) => [i + 1, i === 12]));
    expect(await outbox.row()).toMatchObject({ state: 'dead', error: 'refused with [secret], try 13' });
    expect(outbox.dead).toEqual(['fail: refused with [secret], try 13']);
    expect(outbox.logged.join('\n')).toContain('[secret]');
    expect(outbox.logged.join('\n')).not.toContain('hunter2');
    outbox.clock.advance(60 * MINUTE);
    await worker.settle();
    expect(attempts).toHaveLength(13);
  });

  it('waits as long as the other side said', async () => {
    let tries = 0;
    const worker = outbox.createWorker({
      limited: async () => (++tries === 1 ? { kind: 'retry', reason: '429', afterMs: 7000 } : DONE),
    });
    await outbox.stores.enqueue(job('limited', 'l'));
    await worker.settle();
    outbox.clock.advance(6999);
    await worker.settle();
    expect(tries).toBe(1);
    outbox.clock.advance(1);
    await worker.settle();
    expect(await outbox.row()).toMatchObject({ state: 'done', attempts: 2 });
  });

  it('does not try again what is rejected', async () => {
    const worker = outbox.createWorker({
      bad: async () => ({ kind: 'reject', reason: 'channel_not_found' }),
    });
    await outbox.stores.enqueue(job('bad', 'l'));
    await worker.settle();
    expect(await outbox.row()).toMatchObject({ state: 'dead', attempts: 1, error: 'channel_not_found' });
    expect(outbox.dead).toEqual(['bad: channel_not_found']);
  });

  it('leaves a kind it does not know to a version that does', async () => {
    await outbox.stores.enqueue(job('new.kind', 'l'));
    await outbox.createWorker({}).settle();
    expect(await outbox.row()).toMatchObject({ state: 'ready', error: expect.stringContaining('new.kind') });
    expect(outbox.dead).toEqual([]);
    outbox.clock.advance(backoff(1));
    await outbox.createWorker({ 'new.kind': async () => DONE }).settle();
    expect(await outbox.row()).toMatchObject({ state: 'done' });
  });

  it.each(['done', 'reject'] as const)(
    'lets another take over what outlasts its lease; its own late end ($0) changes nothing',
    async (kind) => {
      const [started, gate] = [createGate(), createGate()];
      const slow = outbox.createWorker({
        k: async () => {
          started.open();
          await gate.opened;
          return kind === 'done' ? DONE : { kind, reason: 'late' };
        },
      });
      await outbox.stores.enqueue(job('k', 'l'));
      const settled = slow.settle();
      await started.opened;
      await outbox.createWorker({ k: async () => DONE }).settle();
      expect(await outbox.row()).toMatchObject({ state: 'running', attempts: 1 });
      await outbox.expireLeases();
      await outbox.createWorker({ k: async () => ({ kind: 'retry', reason: 'second' }) }).settle();
      const taken = await outbox.row();
      expect(taken).toMatchObject({ state: 'ready', attempts: 2 });
      gate.open();
      await settled;
      expect(await outbox.row()).toEqual(taken);
      expect(outbox.dead).toEqual([]);
      expect(outbox.logged.join('\n')).toContain('longer than its lease');
    },
  );

  it('tries again when even the end could not be recorded', async () => {
    let broken = true;
    const flaky: JobQueue = {
      ...outbox.queue,
      end: async (...args) => {
        if (broken) throw new Error('connection lost');
        return outbox.queue.end(...args);
      },
    };
    let tries = 0;
    const handlers = {
      k: async () => {
        tries += 1;
        return DONE;
      },
    };
    await outbox.stores.enqueue(job('k', 'l'));
    await outbox.createWorker(handlers, { queue: flaky }).settle();
    expect(outbox.logged.join('\n')).toContain('could not be recorded');
    broken = false;
    await outbox.expireLeases();
    await outbox.createWorker(handlers, { queue: flaky }).settle();
    expect(tries).toBe(2);
    expect(await outbox.row()).toMatchObject({ state: 'done', attempts: 2 });
  });

  it('survives a database that can not be asked', async () => {
    const [failed, ran] = [createGate(), createGate()];
    let claims = 0;
    const flaky: JobQueue = {
      ...outbox.queue,
      claim: async (...args) => {
        if (++claims > 1) return outbox.queue.claim(...args);
        failed.open();
        throw new Error('connection lost');
      },
    };
    const worker = outbox.createWorker({ k: opening(ran) }, { queue: flaky });
    await outbox.stores.enqueue(job('k', 'l'));
    worker.start();
    await failed.opened;
    worker.wake();
    await ran.opened;
    await worker.stop();
    expect(outbox.logged.join('\n')).toContain('could not be claimed');
  });
});
