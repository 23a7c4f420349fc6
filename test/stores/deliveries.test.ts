import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import type { Delivery } from '../../src/signals/ports.ts';
import { evaluateJob } from '../../src/signals/receive-delivery.ts';
import { createManualClock } from '../../src/time.ts';
import type { NewJob } from '../../src/verb.ts';
import { describeOnBoth, emptyDatabase, openTestDatabase, openTestPostgres } from '../support/databases.ts';
import { alert, change, example, measurement, minutesAgo, NOW } from './samples.ts';

const delivery = (id: string, rest: Partial<Delivery> = {}): Delivery => ({
  source: 'signals',
  id,
  receivedAt: NOW,
  ...rest,
});
const m = (id: string, service = 'support-agent') => measurement(id, 0.9, minutesAgo(1), { service });

async function column(database: Database, table: string, name: string): Promise<unknown[]> {
  const rows = await database.rows(
    sql`select ${sql.identifier(name)} as value from ${sql.identifier(table)} order by 1`,
  );
  return rows.map((row) => row.value);
}

describeOnBoth('storing a delivery', (open) => {
  let database: Database;
  let store: ReturnType<typeof createDeliveryStore>;
  let wakes = 0;
  beforeAll(async () => {
    database = (await open()).database;
    store = createDeliveryStore(database, () => {
      wakes += 1;
    });
  });
  beforeEach(async () => {
    await emptyDatabase(database);
    wakes = 0;
  });

  it('stores the delivery, its signals and its jobs', async () => {
    const signals = [m('1'), alert('1', 'firing', minutesAgo(2)), example('1', minutesAgo(3))];
    const stored = await store.storeDelivery(delivery('d1'), signals, [evaluateJob('support-agent')]);
    expect(stored).toEqual({ duplicateDelivery: false, duplicates: [] });
    expect(await column(database, 'signals', 'type')).toEqual(['alert', 'example', 'measurement']);
    expect(await column(database, 'jobs', 'key')).toEqual(['evaluate:support-agent']);
    expect(wakes).toBe(1);
    const stores = createStores(database, createManualClock(NOW), () => {});
    const evidence = await stores.evidence(
      'support-agent',
      {
        slis: ['task_completion_rate'],
        history: new Map(),
        baselineWindow: 1,
        baselines: new Set(),
        reports: 0,
      },
      NOW,
    );
    expect(evidence.slis.get('task_completion_rate')?.checks).toEqual([
      { at: m('1').at, value: m('1').value, inIncident: false },
    ]);
    expect(evidence.alerts).toStrictEqual([alert('1', 'firing', minutesAgo(2))]);
  });

  it('stores nothing of a delivery that was here before, whatever it says now', async () => {
    await store.storeDelivery(delivery('d1'), [m('1')], []);
    const again = await store.storeDelivery(delivery('d1'), [m('1'), m('2')], [evaluateJob('support-agent')]);
    expect(again).toEqual({ duplicateDelivery: true, duplicates: [] });
    expect(await column(database, 'signals', 'id')).toEqual(['1']);
    expect(await column(database, 'jobs', 'key')).toEqual([]);
    expect(wakes).toBe(0);
    const other = await store.storeDelivery(delivery('d1', { source: 'grafana' }), [m('2')], []);
    expect(other.duplicateDelivery).toBe(false);
  });

  it('names the signals that came before under another delivery', async () => {
    await store.storeDelivery(delivery('d1'), [m('1'), m('2')], []);
    const stored = await store.storeDelivery(delivery('d2'), [m('2'), m('3'), change('1', NOW)], []);
    expect(stored).toEqual({ duplicateDelivery: false, duplicates: ['2'] });
    expect(await column(database, 'signals', 'id')).toEqual(['1', '1', '2', '3']);
  });

  it('stores a signal once that is twice in one delivery, and says so', async () => {
    const stored = await store.storeDelivery(delivery('d1'), [m('1'), m('1'), m('2')], []);
    expect(stored.duplicates).toEqual(['1']);
    expect(await column(database, 'signals', 'id')).toEqual(['1', '2']);
  });

  it('inserts a keyed job once for ever and lets a waiting one coalesce, also within one delivery', async () => {
    const once: NewJob = { kind: 'k', lane: 'l', key: 'once', payload: { at: NOW } };
    const jobs = [once, once, evaluateJob('a'), evaluateJob('a'), evaluateJob('b')];
    await store.storeDelivery(delivery('d1'), [], jobs);
    await store.storeDelivery(delivery('d2'), [], jobs);
    expect(await column(database, 'jobs', 'key')).toEqual(['evaluate:a', 'evaluate:b', 'once']);
    await database.orm.execute(sql`update jobs set state = 'done'`);
    await store.storeDelivery(delivery('d3'), [], jobs);
    expect(await column(database, 'jobs', 'key')).toEqual([
      'evaluate:a',
      'evaluate:a',
      'evaluate:b',
      'evaluate:b',
      'once',
    ]);
  });

  it('inserts jobs without a key each time, and moves a waiting one forward, never back', async () => {
    const keyless: NewJob = { kind: 'k', lane: 'l', payload: {} };
    await store.storeDelivery(delivery('d1'), [], [keyless, keyless]);
    expect(await column(database, 'jobs', 'key')).toEqual([null, null]);
    await emptyDatabase(database);
    for (const [id, dueAt] of [
      ['d1', minutesAgo(-5)],
      ['d2', minutesAgo(-1)],
      ['d3', minutesAgo(-9)],
    ] as const)
      await store.storeDelivery(delivery(id), [], [{ ...evaluateJob('a'), dueAt }]);
    expect((await column(database, 'jobs', 'due_at')).map((at) => new Date(String(at)))).toEqual([
      minutesAgo(-1),
    ]);
  });

  it('tells each of the deliveries that are written together what became of it alone', async () => {
    const d0 = store.storeDelivery(delivery('d0'), [], []);
    const stored = await Promise.allSettled([
      store.storeDelivery(delivery('d1'), [m('1'), m('2')], [evaluateJob('a')]),
      store.storeDelivery(delivery('d0'), [m('3')], [evaluateJob('b')]),
      // No index takes a key of this size.
      store.storeDelivery(delivery('d2'), [m(randomBytes(8000).toString('hex'))], [evaluateJob('c')]),
      store.storeDelivery(delivery('d1'), [m('4')], []),
      store.storeDelivery(delivery('d3'), [m('2'), m('5')], [evaluateJob('a')]),
    ]);
    expect(await d0).toEqual({ duplicateDelivery: false, duplicates: [] });
    expect(stored).toMatchObject([
      { value: { duplicateDelivery: false, duplicates: [] } },
      { value: { duplicateDelivery: true } },
      { status: 'rejected', reason: { code: 'database_unavailable' } },
      { value: { duplicateDelivery: true } },
      { value: { duplicateDelivery: false, duplicates: ['2'] } },
    ]);
    expect(await column(database, 'deliveries', 'id')).toEqual(['d0', 'd1', 'd3']);
    expect(await column(database, 'signals', 'id')).toEqual(['1', '2', '5']);
    expect(await column(database, 'jobs', 'key')).toEqual(['evaluate:a']);
  });

  it('writes deliveries that come together in one statement', async () => {
    const sent: unknown[] = [];
    const counted = createDeliveryStore(
      {
        ...database,
        often: (statement) => {
          sent.push(statement);
          return database.often(statement);
        },
      },
      () => {},
    );
    await Promise.all(
      ['d1', 'd2', 'd2', 'd3'].map((id, n) =>
        counted.storeDelivery(delivery(id), [m(String(n))], [evaluateJob('a')]),
      ),
    );
    expect(sent).toHaveLength(1);
    expect(await column(database, 'signals', 'id')).toEqual(['0', '1', '3']);
    expect(await column(database, 'jobs', 'key')).toEqual(['evaluate:a']);
  });

  it('knows of alerts that are stored what was said last of each, and whether it is the same delivery', async () => {
    const heardAt = minutesAgo(3);
    const firing = alert('f', 'firing', minutesAgo(9));
    const said = (id: string) => store.alreadySaid({ source: firing.source, id }, [firing]);
    expect(await said('d1')).toEqual({ sameDelivery: false, last: new Map() });
    await store.storeDelivery(delivery('d1', { source: firing.source }), [firing], []);
    await store.storeDelivery(
      delivery('d2', { source: firing.source }),
      [
        { ...alert('r', 'resolved', minutesAgo(4)), heardAt },
        { ...alert('other', 'firing', minutesAgo(1)), key: 'another alert' },
      ],
      [],
    );
    const last = { id: 'r', status: 'resolved', at: minutesAgo(4), heardAt };
    expect(await said('d1')).toEqual({ sameDelivery: true, last: new Map([['f', last]]) });
    expect(await said('d3')).toEqual({ sameDelivery: false, last: new Map([['f', last]]) });
    // What another version stored says no moment at which it was heard.
    await store.storeDelivery(
      delivery('d4', { source: firing.source }),
      [alert('g', 'firing', minutesAgo(2))],
      [],
    );
    expect((await said('d1')).last.get('f')).toMatchObject({ id: 'g', heardAt: minutesAgo(2) });
  });

  it('keeps what could not be used, for people to see', async () => {
    const problem = { reason: 'no service matches', body: '{"a":1}' };
    await store.storeDelivery(delivery('d1', { problem }), [], []);
    await store.storeDelivery(delivery('d2'), [], []);
    expect(await store.deliveryProblem('signals', 'd1')).toBe('no service matches');
    expect(await store.deliveryProblem('signals', 'd2')).toBeUndefined();
    expect(await store.countProblems()).toBe(1);
  });

  it('takes text that PostgreSQL refuses as it is', async () => {
    const bad = 'a\u0000b\ud83d';
    const problem = { reason: bad, body: bad };
    const signals = [m(bad), example('1', NOW, { input: bad, labels: { [bad]: bad } })];
    const stored = await store.storeDelivery(delivery(bad, { problem }), signals, [evaluateJob(bad)]);
    expect(stored).toEqual({ duplicateDelivery: false, duplicates: [] });
    expect(await store.deliveryProblem('signals', 'a\ufffdb\ufffd')).toBe('a\ufffdb\ufffd');
    expect((await store.storeDelivery(delivery('d2'), [m(bad)], [])).duplicates).toEqual([bad]);
  });
});

describe('a database that is away', () => {
  it.each(['pglite', 'postgres'] as const)('says so to the sender (%s)', async (engine) => {
    const opened = await openTestDatabase(engine);
    const store = createDeliveryStore(opened.database, () => {});
    await expect(store.storeDelivery(delivery('d1'), [m('1')], [])).resolves.toBeDefined();
    await opened.close();
    await expect(store.storeDelivery(delivery('d2'), [m('2')], [])).rejects.toMatchObject({
      code: 'database_unavailable',
    });
  });
});

describe('replicas that take deliveries at the same moment', () => {
  let opened: Awaited<ReturnType<typeof openTestPostgres>>;
  let stores: ReturnType<typeof createDeliveryStore>[];
  beforeAll(async () => {
    opened = await openTestPostgres();
    stores = [opened.database, await opened.another()].map((each) => createDeliveryStore(each, () => {}));
  });
  afterAll(() => opened.close());

  it('store one delivery once', async () => {
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(
        [...stores, ...stores].map((store) =>
          store.storeDelivery(delivery(`once${round}`), [m(`once${round}`)], [evaluateJob('a')]),
        ),
      );
      expect(answers.filter((each) => !each.duplicateDelivery)).toHaveLength(1);
    }
    expect(await column(opened.database, 'signals', 'id')).toHaveLength(20);
  });

  it('repeat a statement that lost a deadlock over the same signals in another order', async () => {
    const signals = Array.from({ length: 200 }, (_, i) => m(`same${i}`));
    const answers = await Promise.all(
      [signals, signals.toReversed()].map((some, i) =>
        stores[i]?.storeDelivery(delivery(`same${i}`), some, []),
      ),
    );
    const duplicates = answers.reduce((sum, each) => sum + (each?.duplicates.length ?? 0), 0);
    expect(duplicates).toBe(signals.length);
  });
});

it('deliveries never wait for each other over services in another order', async () => {
  const { url, database, another, close } = await openTestPostgres();
  /** Until so many statements wait for a lock. */
  const untilWaiting = async (statements: number) => {
    for (let waiting = 0; waiting < statements; ) {
      const [row] = await database.rows(
        sql`select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      waiting = Number(row?.n);
    }
  };
  try {
    // A deadlock would last longer than this test may.
    const name = sql.identifier(new URL(url).pathname.slice(1));
    await database.orm.execute(sql`alter database ${name} set deadlock_timeout = '10min'`);
    const [one, other] = await Promise.all([another(), another()]);
    const jobs = ['a', 'm', 'z'].map(evaluateJob);
    await createDeliveryStore(one, () => {}).storeDelivery(delivery('d0'), [], jobs);
    const storing: Promise<unknown>[] = [];
    await database.orm.transaction(async (tx) => {
      await tx.execute(sql`select 1 from jobs where key = 'evaluate:m' for update`);
      storing.push(createDeliveryStore(one, () => {}).storeDelivery(delivery('d1'), [], jobs));
      await untilWaiting(1);
      const reversed = jobs.toReversed();
      storing.push(createDeliveryStore(other, () => {}).storeDelivery(delivery('d2'), [], reversed));
      await untilWaiting(2);
    });
    expect(await Promise.all(storing)).toHaveLength(2);
  } finally {
    await close();
  }
});
