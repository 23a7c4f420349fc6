import { sql } from 'drizzle-orm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import type { AnyChange } from '../../src/adapters/db/save.ts';
import { createStores, type Stores } from '../../src/adapters/db/stores.ts';
import { timeline } from '../../src/adapters/db/tables.ts';
import { createManualClock } from '../../src/time.ts';
import type { NewJob } from '../../src/verb.ts';
import { describeOnBoth, emptyDatabase, openTestPostgres } from '../support/databases.ts';
import { bareIncident, bareMitigation, NOW, sampleEntry } from './samples.ts';

const job = (key: string): NewJob => ({ kind: 'k', lane: 'l', key, payload: {} });

async function countRows(database: Database, table: string): Promise<number> {
  const [row] = await database.rows(sql`select count(*)::int as n from ${sql.identifier(table)}`);
  return Number(row?.n);
}

describeOnBoth('saving a change', (open) => {
  let database: Database;
  let stores: Stores;
  let wakes = 0;
  beforeAll(async () => {
    database = (await open()).database;
    stores = createStores(database, createManualClock(NOW), () => {
      wakes += 1;
    });
  });
  beforeEach(async () => {
    await emptyDatabase(database);
    await stores.save({ incidents: [bareIncident('inc_1')] });
    wakes = 0;
  });

  /** Saves a change that must lose, and expects that not one row was written. */
  async function expectNothingWritten(lost: AnyChange): Promise<void> {
    const tables = ['incidents', 'snapshots', 'watches', 'proposals', 'timeline', 'mitigations', 'jobs'];
    const before = await Promise.all(tables.map((table) => countRows(database, table)));
    expect(await stores.save(lost)).toBe('conflict');
    expect(await Promise.all(tables.map((table) => countRows(database, table)))).toEqual(before);
    expect(wakes).toBe(0);
  }

  const alongside = {
    watch: { service: 'support-agent', version: 0, findings: {} },
    timeline: [sampleEntry('ent_1', 'inc_1')],
    jobs: [job('a'), { ...job('b'), coalesce: true }],
  };

  it('writes all of it and wakes the outbox once (control)', async () => {
    const change = { ...alongside, incidents: [{ ...bareIncident('inc_1'), version: 1 }] };
    expect(await stores.save(change)).toBe('saved');
    expect(await countRows(database, 'timeline')).toBe(1);
    expect(await countRows(database, 'jobs')).toBe(2);
    expect(wakes).toBe(1);
  });

  describe('what is remembered of services, many at once', () => {
    const watch = (service: string, version: number) => ({ service, version, findings: {} });
    const save = (...watches: readonly ReturnType<typeof watch>[]) =>
      Promise.all(watches.map((each) => stores.save({ watch: each, incidents: [], jobs: [] })));

    it('writes each that has the version it was loaded with, whatever becomes of the others', async () => {
      await save(watch('a', 0), watch('b', 0));
      await save(watch('b', 1));
      expect(await save(watch('a', 1), watch('b', 1), watch('c', 0), watch('d', 1), watch('a', 0))).toEqual([
        'saved',
        'conflict',
        'saved',
        'conflict',
        'conflict',
      ]);
      const versions = await Promise.all(
        ['a', 'b', 'c', 'd'].map(async (each) => (await stores.watch(each)).version),
      );
      expect(versions).toEqual([2, 2, 1, 0]);
    });

    it('lets one of two win, new or known', async () => {
      expect(await save(watch('a', 0), watch('a', 0))).toEqual(['saved', 'conflict']);
      expect(await save(watch('a', 1), watch('a', 1))).toEqual(['saved', 'conflict']);
      expect((await stores.watch('a')).version).toBe(2);
    });
  });

  it('without jobs wakes nobody', async () => {
    await stores.save({ timeline: [sampleEntry('ent_1', 'inc_1')] });
    expect(wakes).toBe(0);
  });

  it('writes nothing at all when an entity has changed since it was loaded', async () => {
    await stores.save({ incidents: [{ ...bareIncident('inc_1'), version: 1, title: 'First' }] });
    await expectNothingWritten({
      ...alongside,
      incidents: [{ ...bareIncident('inc_1'), version: 1, title: 'Second' }],
    });
    expect(await stores.incident('inc_1')).toMatchObject({ title: 'First', version: 2 });
  });

  it('writes nothing when an entity that must be new exists', async () => {
    await expectNothingWritten({ ...alongside, incidents: [bareIncident('inc_1', { declareKey: 'other' })] });
  });

  it('writes nothing when an entity does not exist any more', async () => {
    await expectNothingWritten({ ...alongside, incidents: [{ ...bareIncident('inc_9'), version: 3 }] });
  });

  it('declares once under one declare key', async () => {
    const { declareKey } = bareIncident('inc_1');
    await expectNothingWritten({ ...alongside, incidents: [bareIncident('inc_2', { declareKey })] });
    expect(await stores.save({ ...alongside, incidents: [bareIncident('inc_2')] })).toBe('saved');
  });

  it('lets one mitigation of an incident be under way', async () => {
    await stores.save({ mitigations: [bareMitigation('mit_1', 'inc_1')] });
    await expectNothingWritten({ ...alongside, mitigations: [bareMitigation('mit_2', 'inc_1')] });
    await stores.save({
      mitigations: [{ ...bareMitigation('mit_1', 'inc_1'), version: 1, state: 'rejected' }],
    });
    expect(await stores.save({ mitigations: [bareMitigation('mit_2', 'inc_1')] })).toBe('saved');
  });

  it('writes a timeline entry once under its key, for each incident', async () => {
    await stores.save({ incidents: [bareIncident('inc_2')] });
    const entry = (id: string, incidentId: string) => sampleEntry(id, incidentId, { onceKey: 'change:7' });
    await stores.save({ timeline: [entry('ent_1', 'inc_1'), entry('ent_2', 'inc_1')] });
    await stores.save({ timeline: [entry('ent_3', 'inc_1'), entry('ent_4', 'inc_2')] });
    expect((await stores.timeline('inc_1')).map((each) => each.id)).toEqual(['ent_1']);
    expect((await stores.timeline('inc_2')).map((each) => each.id)).toEqual(['ent_4']);
    await stores.save({ timeline: [sampleEntry('ent_5', 'inc_1'), sampleEntry('ent_6', 'inc_1')] });
    expect(await stores.timeline('inc_1')).toHaveLength(3);
  });

  it('keeps text that a jsonb column refuses as it is', async () => {
    const note = 'nul \u0000 and half a pair \ud83d';
    const steps = { infrastructure: { status: 'done' as const, note, by: 'U1', at: NOW } };
    expect(await stores.save({ incidents: [{ ...bareIncident('inc_1'), version: 1, steps }] })).toBe('saved');
    expect((await stores.incident('inc_1'))?.steps.infrastructure?.note).toBe(
      'nul \ufffd and half a pair \ufffd',
    );
  });

  it('keeps text that a text column refuses in the same way, keys of jobs too', async () => {
    const title = 'nul \u0000 and half a pair \ud83d';
    const card = { ...job(title), coalesce: true };
    for (const version of [1, 2])
      expect(
        await stores.save({ incidents: [{ ...bareIncident('inc_1'), version, title }], jobs: [card] }),
      ).toBe('saved');
    const kept = 'nul \ufffd and half a pair \ufffd';
    expect((await stores.incident('inc_1'))?.title).toBe(kept);
    expect(await database.rows(sql`select key from jobs`)).toEqual([{ key: kept }]);
  });

  it('frees what is under way before the next begins, in the order given', async () => {
    const first = bareMitigation('mit_1', 'inc_1');
    await stores.save({ mitigations: [first] });
    const over = { ...first, version: 1, state: 'rejected' as const };
    const next = bareMitigation('mit_2', 'inc_1');
    await expectNothingWritten({ mitigations: [next, over] });
    expect(await stores.save({ mitigations: [over, next] })).toBe('saved');
  });

  it('throws what is no conflict', async () => {
    await expect(stores.save({ timeline: [sampleEntry('ent_1', 'inc_unknown')] })).rejects.toThrow();
  });
});

it('sends the same statements however many rows there are, so that a session prepares them once', async () => {
  const { database, close } = await openTestPostgres();
  try {
    const stores = createStores(database, createManualClock(NOW), () => {});
    /** One connection sends everything here, since nothing is sent while another statement is under way. */
    const prepared = async () =>
      Number((await database.rows(sql`select count(*) as n from pg_prepared_statements`))[0]?.n);
    const ids = (of: string, many: number) => Array.from({ length: many }, (_, n) => `${of}_${many}_${n}`);
    const change = (many: number): AnyChange => ({
      watch: { service: 'support-agent', version: many - 1, findings: {} },
      incidents: ids('inc', many).map((id) => bareIncident(id)),
      timeline: ids('ent', many).map((id) => sampleEntry(id, `inc_${many}_0`)),
      jobs: [
        ...ids('say', many).map((key) => job(key)),
        ...ids('card', 10 - many).map((key) => ({ ...job(key.slice(-1)), coalesce: true })),
      ],
    });
    for (const many of [1, 2]) expect(await stores.save(change(many))).toBe('saved');
    const before = await prepared();
    expect(before).toBeGreaterThan(5);
    for (const many of [3, 4, 5, 6]) expect(await stores.save(change(many))).toBe('saved');
    expect(await prepared()).toBe(before);

    // The query builder has a text for each number of rows (control).
    for (const many of [7, 8, 9])
      await database.orm
        .insert(timeline)
        .values(ids('ent', many).map((id) => sampleEntry(id, 'inc_1_0')))
        .execute();
    expect(await prepared()).toBe(before + 3);
  } finally {
    await close();
  }
});

it('makes a conflict of a deadlock, so that it is decided again', async () => {
  const { database, another, close } = await openTestPostgres();
  try {
    const stores = createStores(database, createManualClock(NOW), () => {});
    const rival = await another();
    const jobs = ['first', 'second'].map((key) => ({ ...job(key), coalesce: true }));
    await stores.save({ jobs });
    await rival.orm.transaction(async (tx) => {
      // The one that has waited for `deadlock_timeout` gives way: not this one.
      await tx.execute(sql`set local deadlock_timeout = '1min'`);
      await tx.execute(sql`select 1 from jobs where key = 'second' for update`);
      const saving = stores.save({ jobs });
      for (let waiting = 0; waiting === 0; ) {
        const [row] = await rival.rows(
          sql`select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        waiting = Number(row?.n);
      }
      await tx.execute(sql`select 1 from jobs where key = 'first' for update`);
      expect(await saving).toBe('conflict');
    });
    expect(await stores.save({ jobs })).toBe('saved');
  } finally {
    await close();
  }
});
