import { beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import type { JobQueue } from '../../src/adapters/outbox/ports.ts';
import { DONE } from '../../src/adapters/outbox/worker.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { createGate, createOutboxFixture, job, type OutboxFixture, opening } from './outbox-fixture.ts';
import { NOW } from './samples.ts';

describeOnBoth('the outbox worker', (open) => {
  let database: Database;
  let outbox: OutboxFixture;
  beforeAll(async () => {
    database = (await open()).database;
  });
  beforeEach(async () => {
    await emptyDatabase(database);
    outbox = createOutboxFixture(database);
  });

  it('runs everything that is due, a lane in its order, and then has settled', async () => {
    const ran: unknown[] = [];
    const worker = outbox.createWorker({
      note: async ({ lane, payload }) => {
        ran.push(`${lane}${payload.n}`);
        if (lane === 'a' && payload.n === 1)
          await outbox.stores.enqueue(job('note', 'a', { payload: { n: 9 } }));
        return DONE;
      },
    });
    for (const n of [1, 2, 3])
      for (const lane of ['a', 'b', 'c']) await outbox.stores.enqueue(job('note', lane, { payload: { n } }));
    await outbox.stores.enqueue(job('note', 'd', { dueAt: new Date(NOW.getTime() + 1), payload: { n: 1 } }));
    await worker.settle();
    for (const lane of ['b', 'c'])
      expect(ran.filter((each) => String(each).startsWith(lane))).toEqual(
        [1, 2, 3].map((n) => `${lane}${n}`),
      );
    expect(ran.filter((each) => String(each).startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a9']);
    expect(ran).not.toContain('d1');
    outbox.clock.advance(1);
    await worker.settle();
    expect(ran.at(-1)).toBe('d1');
    expect(await outbox.queue.countByState()).toEqual(new Map([['done', 11]]));
  });

  it('runs lanes beside each other, one job of each', async () => {
    const [both, gate] = [createGate(), createGate()];
    const underWay = new Map<string, number>();
    const worker = outbox.createWorker({
      wait: async ({ lane }) => {
        underWay.set(lane, (underWay.get(lane) ?? 0) + 1);
        if (underWay.size === 2) both.open();
        await gate.opened;
        return DONE;
      },
    });
    await outbox.stores.enqueue(job('wait', 'a'), job('wait', 'a'), job('wait', 'b'));
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

  it('evaluates services together, and keeps no message waiting for that', async () => {
    const [gate, said] = [createGate(), createGate()];
    let underWay = 0;
    const worker = outbox.createWorker({
      'service.evaluate': async () => {
        underWay++;
        await gate.opened;
        return DONE;
      },
      say: opening(said),
    });
    for (let n = 0; n < 120; n++) await outbox.stores.enqueue(job('service.evaluate', `service:${n}`));
    await outbox.stores.enqueue(job('say', 'incident'));
    const settled = worker.settle();
    await said.opened;
    expect(underWay).toBe(20);
    gate.open();
    await settled;
    expect(await outbox.queue.countByState()).toEqual(new Map([['done', 121]]));
  });

  it('evaluates again only after a rest, by itself, and says meanwhile what there is to say', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'setTimeout', 'performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const [all, said, again] = [createGate(), createGate(), createGate()];
    let evaluated = 0;
    const worker = outbox.createWorker(
      {
        'service.evaluate': async () => {
          evaluated++;
          if (evaluated === 20) all.open();
          if (evaluated === 21) again.open();
          return DONE;
        },
        say: opening(said),
      },
      { busy: () => 0.5 },
    );
    const evaluate = (n: number) => job('service.evaluate', `service:${n}`);
    await outbox.stores.enqueue(...Array.from({ length: 20 }, (_, n) => evaluate(n)));
    worker.start();
    onTestFinished(() => worker.stop());
    await all.opened;
    await outbox.stores.enqueue(evaluate(20), job('say', 'incident'));
    // Of 20 evaluations 3 ms each, where deliveries take half of the time.
    await vi.advanceTimersByTimeAsync(50);
    worker.wake(['service.evaluate']);
    worker.wake(['say']);
    await said.opened;
    expect(evaluated).toBe(20);
    await vi.advanceTimersByTimeAsync(30);
    await again.opened;
  });

  it('looks again when it is woken while it looks', async () => {
    // Without its poll every few seconds, which would find the job too.
    vi.useFakeTimers({ toFake: ['setInterval'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const [looked, gate, ran] = [createGate(), createGate(), createGate()];
    let claims = 0;
    const slow: JobQueue = {
      ...outbox.queue,
      claim: async (...args) => {
        const found = await outbox.queue.claim(...args);
        if (++claims === 1) {
          looked.open();
          await gate.opened;
        }
        return found;
      },
    };
    const worker = outbox.createWorker({ k: opening(ran) }, { queue: slow });
    worker.start();
    await looked.opened;
    await outbox.stores.enqueue(job('k', 'l'));
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
    const worker = outbox.createWorker({
      k: async () => {
        started.open();
        await gate.opened;
        return DONE;
      },
    });
    await outbox.stores.enqueue(job('k', 'l'), job('k', 'l'));
    worker.start();
    await started.opened;
    worker.wake();
    const stopped = worker.stop();
    worker.wake();
    gate.open();
    await stopped;
    expect(await outbox.queue.countByState()).toEqual(
      new Map([
        ['done', 1],
        ['ready', 1],
      ]),
    );
  });
});
