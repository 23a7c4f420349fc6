import { getTableColumns, is, sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  integer,
  PgTable,
  pgTable,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import fc from 'fast-check';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { document, storable } from '../../src/adapters/db/document.ts';
import * as tables from '../../src/adapters/db/tables.ts';
import { inserting, putting, type Row } from '../../src/adapters/db/write-rows.ts';
import { describeOnBoth } from '../support/databases.ts';
import { minutesAgo, NOW } from './samples.ts';

/** Every kind of column that there is. */
const things = pgTable('things', {
  seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  id: text('id').notNull(),
  version: integer('version').notNull(),
  note: text('a note'),
  flag: boolean('flag'),
  count: integer('count'),
  big: bigint('big', { mode: 'number' }),
  ratio: doublePrecision('ratio'),
  at: timestamp('at', { withTimezone: true, mode: 'date', precision: 3 }),
  until: timestamp('until', { withTimezone: true, mode: 'date' }),
  facts: document<unknown>('facts'),
  twice: integer('twice').generatedAlwaysAs(sql`count * 2`),
});
type Thing = Row<typeof things>;

const insert = inserting(things, things.id);
const put = putting(things, things.id);

/** What a thing is read as that was written with an id and a version only. */
const EMPTY = {
  note: null,
  flag: null,
  count: null,
  big: null,
  ratio: null,
  at: null,
  until: null,
  facts: null,
  twice: null,
};
const FULL = {
  note: 'two\nlines, "quoted" \\u0000 👍',
  flag: false,
  count: -7,
  big: Number.MAX_SAFE_INTEGER,
  ratio: 0.1 + 0.2,
  at: NOW,
  until: new Date('1969-12-31T23:59:59.999Z'),
  facts: { at: minutesAgo(1), $date: 'the key of a sender', list: [null, 1e300, { deep: minutesAgo(2) }] },
};

const orNothing = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const date = fc.date({ noInvalidDate: true, min: new Date('0001-01-02'), max: new Date('9999-12-30') });
const string = fc.string({ unit: 'binary' });
const someThing = fc.record({
  note: orNothing(string.map(storable)),
  flag: orNothing(fc.boolean()),
  count: orNothing(fc.integer({ min: -(2 ** 30), max: 2 ** 30 - 1 })),
  big: orNothing(fc.maxSafeInteger()),
  ratio: orNothing(fc.double()),
  at: orNothing(date),
  until: orNothing(date),
  facts: orNothing(
    fc.oneof(
      fc.dictionary(string, fc.oneof(date, string, fc.double()), { noNullPrototype: true }),
      fc.array(fc.oneof(date, string)),
    ),
  ),
});

describeOnBoth('rows as one parameter', (open) => {
  let database: Database;
  beforeAll(async () => {
    database = (await open()).database;
    await database.rows(sql`create table things (
      seq bigint primary key generated always as identity, id text not null unique, version int not null,
      "a note" text, flag boolean, count int, big bigint, ratio double precision,
      at timestamp (3) with time zone, until timestamp with time zone, facts jsonb,
      twice int generated always as (count * 2) stored)`);
  });
  beforeEach(async () => {
    await database.rows(sql`truncate things restart identity`);
  });

  const read = () => database.orm.select().from(things).orderBy(things.seq);
  const afterInsert = async (...rows: readonly Thing[]) => {
    await database.often(insert(rows));
    return read();
  };

  it('hold every kind of value; what is absent is null', async () => {
    const rows = [
      { id: 'full', version: 1, ...FULL },
      { id: 'empty', version: 1 },
    ];
    expect(await afterInsert(...rows)).toStrictEqual([
      { seq: 1, ...rows[0], twice: -14 },
      { seq: 2, ...EMPTY, ...rows[1] },
    ]);
  });

  it('are read as what the query builder writes, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(someThing, { minLength: 1, maxLength: 5 }), async (given) => {
        const named = (by: string) => given.map((each, n) => ({ id: `${by}${n}`, version: 1, ...each }));
        await database.rows(sql`truncate things`);
        await database.orm.insert(things).values(named('query builder'));
        await database.often(insert(named('parameter')));
        const told = (await read()).map(({ id: _id, seq: _seq, ...rest }) => rest);
        expect(told).toHaveLength(2 * given.length);
        expect(told.slice(given.length)).toStrictEqual(told.slice(0, given.length));
      }),
      { numRuns: 50 },
    );
  });

  it('are numbered in the order given, and only those that are new are told', async () => {
    const ids = Array.from({ length: 300 }, (_, n) => `${(n * 7) % 300}`);
    const rows = ids.map((id) => ({ id, version: 1 }));
    expect(await database.often(insert(rows.slice(0, 2)))).toEqual([{ id: '0' }, { id: '7' }]);
    expect(await database.often(insert([...rows, ...rows]))).toHaveLength(298);
    expect((await read()).map(({ id }) => id)).toEqual(ids);
  });

  it('text that PostgreSQL refuses is made storable, as in documents', async () => {
    const note = 'nul \u0000 and half a pair \ud83d';
    const [read] = await afterInsert({ id: 'i\u0000', version: 1, note, facts: { note } });
    const kept = 'nul \ufffd and half a pair \ufffd';
    expect(read).toMatchObject({ id: 'i\ufffd', note: kept, facts: { note: kept } });
    // And is found again under the key that it was given.
    expect(await database.often(put({ id: 'i\u0000', version: 1 }))).toEqual([{ id: 'i\ufffd' }]);
  });

  it('the query builder would have failed (control)', async () => {
    await expect(
      database.orm.insert(things).values({ id: 'nul \u0000', version: 1 }).execute(),
    ).rejects.toThrow();
  });

  it('one that is put gets its next version, if it has the one it was loaded with', async () => {
    const putOf = async (row: Thing) => (await database.often(put(row))).length;
    expect(await putOf({ id: 'a', version: 0, ...FULL })).toBe(1);
    expect(await putOf({ id: 'a', version: 0 })).toBe(0);
    expect(await putOf({ id: 'a', version: 2 })).toBe(0);
    expect(await putOf({ id: 'b', version: 1 })).toBe(0);
    expect(await read()).toStrictEqual([{ seq: 1, id: 'a', version: 1, ...FULL, twice: -14 }]);
    expect(await putOf({ id: 'b', version: 0 })).toBe(1);
    expect(await putOf({ id: 'a', version: 1 })).toBe(1);
    // The number that the database made, or makes of others, is not written.
    expect((await read()).find(({ id }) => id === 'a')).toStrictEqual({
      ...EMPTY,
      seq: 1,
      id: 'a',
      version: 2,
    });
    expect(await putOf({ id: 'a', version: 2, ...FULL })).toBe(1);
    expect((await read()).find(({ id }) => id === 'a')).toStrictEqual({
      ...FULL,
      seq: 1,
      id: 'a',
      version: 3,
      twice: -14,
    });
  });
});

it('no column has a default that an absent value would have to become', () => {
  const columns = Object.values(tables)
    .filter((table) => is(table, PgTable))
    .flatMap((table) => Object.values(getTableColumns(table)));
  expect(columns.length).toBeGreaterThan(100);
  const kept = columns.filter(({ default: given, notNull }) => given !== undefined && !notNull);
  expect(kept.map(({ name }) => name)).toEqual([]);
});
