import { sql } from 'drizzle-orm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createJobQueue, type JobStore } from '../../src/adapters/db/job-queue.ts';
import { createStores, type Stores } from '../../src/adapters/db/stores.ts';
import { createManualClock, type ManualClock, MINUTE, SECOND } from '../../src/time.ts';
import type { NewJob } from '../../src/verb.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { NOW } from './samples.ts';

const DONE = { kind: 'done' } as const;

describeOnBoth('the job queue', (open) => {
  let database: Database;
  let queue: JobStore;
  let stores: Stores;
  let clock: ManualClock;
  beforeAll(async () => {
    database = (await open()).database;
    queue = createJobQueue(database);
  });
  beforeEach(async () => {
    await emptyDatabase(database);
    clock = createManualClock(NOW);
    stores = createStores(database, clock, () => {});
  });

  const job = (kind: string, lane: string, rest: Partial<NewJob> = {}): NewJob => ({
    kind,
    lane,
    payload: {},
    ...rest,
  });
  const claim = (limit = 10) => queue.claim(clock.now(), limit, 20);
  const claimKinds = async () => (await claim()).map((each) => each.kind);
  /** Claims, and ends everything that was claimed. */
  async function turn(end: Parameters<JobStore['end']>[1] = DONE): Promise<string[]> {
    const claimed = await claim();
    for (const each of claimed) expect(await queue.end(each, end, clock.now())).toBe(true);
    return claimed.map((each) => each.kind);
  }
  const retryIn = (ms: number) =>
    ({ kind: 'retry', at: new Date(clock.now().getTime() + ms), error: 'no' }) as const;
  const expireLeases = () =>
    database.orm.execute(
      sql`update jobs set lease_until = now() - interval '1 second' where state = 'running'`,
    );
  const states = async () =>
    (await database.rows(sql`select kind, state from jobs order by id`)).map(
      (row) => `${row.kind} ${row.state}`,
    );

  it('hands out what was inserted', async () => {
    const at = new Date('2026-01-01T00:00:00.000Z');
    await stores.enqueue(job('k', 'l', { key: 'once', payload: { at, text: 'a', nested: { list: [at] } } }));
    expect(await claim()).toStrictEqual([
      {
        id: 1,
        kind: 'k',
        lane: 'l',
        payload: { at, text: 'a', nested: { list: [at] } },
        attempt: 1,
        createdAt: NOW,
        dueAt: NOW,
      },
    ]);
    expect(await claim()).toEqual([]);
  });

  describe('lanes', () => {
    it('run one job at a time, in order, beside each other', async () => {
      await stores.enqueue(job('a1', 'a'), job('a2', 'a'), job('b1', 'b'), job('a3', 'a'));
      const [a1, b1] = await claim();
      expect([a1?.kind, b1?.kind]).toEqual(['a1', 'b1']);
      expect(await claim()).toEqual([]);
      if (a1 !== undefined) await queue.end(a1, DONE, clock.now());
      expect(await claimKinds()).toEqual(['a2']);
      expect(await states()).toEqual(['a1 done', 'a2 running', 'b1 running', 'a3 ready']);
    });

    it('go by due time, then by insertion', async () => {
      const due = (seconds: number) => ({ dueAt: new Date(NOW.getTime() - seconds * SECOND) });
      await stores.enqueue(job('2', 'l', due(5)), job('3', 'l'), job('1', 'l', due(9)), job('4', 'l'));
      expect([await turn(), await turn(), await turn(), await turn()].flat()).toEqual(['1', '2', '3', '4']);
    });

    it('are not held by a job that is not due yet', async () => {
      await stores.enqueue(job('later', 'l', { dueAt: new Date(NOW.getTime() + MINUTE) }), job('now', 'l'));
      expect(await turn()).toEqual(['now']);
      expect(await turn()).toEqual([]);
      clock.advance(MINUTE);
      expect(await turn()).toEqual(['later']);
    });

    it('are held for a minute by a head that fails, which then steps aside', async () => {
      await stores.enqueue(job('head', 'l'), job('next', 'l'), job('last', 'l'), job('other', 'm'));
      expect(await turn(retryIn(2 * MINUTE))).toEqual(['head', 'other']);
      clock.advance(MINUTE - 1);
      expect(await claimKinds()).toEqual([]);
      clock.advance(1);
      expect(await turn()).toEqual(['next']);
      clock.advance(MINUTE);
      expect(await turn()).toEqual(['head', 'other']);
      expect(await turn()).toEqual(['last']);
    });

    it('give a head its turn again although it has stepped aside, and never two jobs at once', async () => {
      await stores.enqueue(job('head', 'l'), job('next', 'l'), job('other', 'm'));
      const [head] = await claim(1);
      if (head !== undefined) await queue.end(head, retryIn(2 * MINUTE), clock.now());
      clock.advance(2 * MINUTE);
      expect(await claimKinds()).toEqual(['head', 'other']);
      expect(await claim()).toEqual([]);
    });

    it('say since when a job has been failing', async () => {
      await stores.enqueue(job('k', 'l'));
      await turn(retryIn(SECOND));
      clock.advance(SECOND);
      expect(await claim()).toMatchObject([{ attempt: 2, createdAt: NOW, firstFailedAt: NOW }]);
    });
  });

  it('claims no more than there is room for', async () => {
    await stores.enqueue(...[1, 2, 3, 4, 5].map((n) => job(String(n), `lane${n}`)));
    expect((await claim(2)).map((each) => each.kind)).toEqual(['1', '2']);
    await expireLeases();
    expect((await claim(3)).map((each) => each.kind)).toEqual(['1', '2', '3']);
  });

  describe('a coalescing key', () => {
    const card = job('card', 'l', { key: 'card', coalesce: true });

    it('is inserted once while it waits, and due at the earlier time', async () => {
      const later = { ...card, dueAt: new Date(NOW.getTime() + MINUTE) };
      await stores.enqueue(later);
      await stores.enqueue(later, card, later);
      expect(await states()).toEqual(['card ready']);
      expect(await claimKinds()).toEqual(['card']);
    });

    it('is inserted again while one runs, and runs after it', async () => {
      await stores.enqueue(card);
      const [running] = await claim();
      await stores.enqueue(card, card);
      expect(await states()).toEqual(['card running', 'card ready']);
      expect(await claim()).toEqual([]);
      if (running !== undefined) await queue.end(running, DONE, clock.now());
      expect(await turn()).toEqual(['card']);
      await stores.enqueue(card);
      expect(await turn()).toEqual(['card']);
    });

    it('lets a newer job do the work of one that failed', async () => {
      await stores.enqueue(card);
      const [failed] = await claim();
      await stores.enqueue(card);
      if (failed !== undefined) expect(await queue.end(failed, retryIn(SECOND), clock.now())).toBe(true);
      expect(await states()).toEqual(['card done', 'card ready']);
      expect(await claim()).toMatchObject([{ id: 2, attempt: 1 }]);
    });

    it('of a job that failed takes a newer job in', async () => {
      await stores.enqueue(card);
      await turn(retryIn(SECOND));
      await stores.enqueue(card);
      expect(await states()).toEqual(['card ready']);
    });
  });

  it('inserts a key that does not coalesce once for ever', async () => {
    const say = job('say', 'l', { key: 'say:1' });
    await stores.enqueue(say, say);
    await stores.enqueue(say);
    await turn();
    await stores.enqueue(say);
    expect(await states()).toEqual(['say done']);
    await stores.enqueue(job('say', 'l', { key: 'say:2' }), job('free', 'l'), job('free', 'l'));
    expect(await states()).toEqual(['say done', 'say ready', 'free ready', 'free ready']);
  });

  describe('a lease', () => {
    it('holds the job while it lasts, whatever the clock says, and is taken over when it has run out', async () => {
      await stores.enqueue(job('k', 'l'), job('next', 'l'));
      await claim();
      clock.advance(60 * MINUTE);
      expect(await claim()).toEqual([]);
      await expireLeases();
      expect(await claim()).toMatchObject([{ kind: 'k', attempt: 2 }]);
      expect(await claim()).toEqual([]);
    });

    it.each([DONE, { kind: 'dead', error: 'x' } as const, { kind: 'retry', at: NOW, error: 'x' } as const])(
      'that was lost lets the late end change nothing ($kind)',
      async (end) => {
        await stores.enqueue(job('k', 'l'));
        const [late] = await claim();
        await expireLeases();
        const [current] = await claim();
        if (late === undefined || current === undefined) throw new Error('nothing was claimed');
        const before = await database.rows(sql`select * from jobs`);
        expect(await queue.end(late, end, clock.now())).toBe(false);
        expect(await database.rows(sql`select * from jobs`)).toEqual(before);
        expect(await queue.end(current, DONE, clock.now())).toBe(true);
        expect(await queue.end(current, DONE, clock.now())).toBe(false);
      },
    );
  });

  describe('dead jobs', () => {
    it('are listed and counted, and hold no lane', async () => {
      await stores.enqueue(job('k', 'l'), job('next', 'l'));
      await turn({ kind: 'dead', error: 'channel_not_found' });
      expect(await queue.listDead(10)).toEqual([
        { id: 1, kind: 'k', lane: 'l', error: 'channel_not_found', attempts: 1, endedAt: NOW },
      ]);
      expect(await queue.countByState()).toEqual(
        new Map([
          ['dead', 1],
          ['ready', 1],
        ]),
      );
      expect(await turn()).toEqual(['next']);
    });

    it('are tried again when somebody asks, at once', async () => {
      await stores.enqueue(job('k', 'l'));
      await turn(retryIn(SECOND));
      clock.advance(SECOND);
      await turn({ kind: 'dead', error: 'x' });
      expect(await queue.retryDead(1, clock.now())).toBe(true);
      expect(await queue.retryDead(1, clock.now())).toBe(false);
      expect(await queue.retryDead(9, clock.now())).toBe(false);
      const [revived] = await claim();
      expect(revived).toMatchObject({ attempt: 3 });
      expect(revived).not.toHaveProperty('firstFailedAt');
      expect(await queue.listDead(10)).toEqual([]);
    });

    it('leave their work to a newer job that waits under the same coalescing key', async () => {
      const card = job('card', 'l', { key: 'card', coalesce: true });
      await stores.enqueue(card);
      await turn({ kind: 'dead', error: 'x' });
      await stores.enqueue(card);
      expect(await queue.retryDead(1, clock.now())).toBe(true);
      expect(await states()).toEqual(['card done', 'card ready']);
    });
  });
});
