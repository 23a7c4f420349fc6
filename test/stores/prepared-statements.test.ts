import { type SQL, sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createPreparing, isDirect, PLANNED_ANEW } from '../../src/adapters/db/prepared-statements.ts';

let pool: pg.Pool;
let orm: NodePgDatabase;
const preparing = createPreparing();
beforeAll(() => {
  pool = new pg.Pool({ connectionString: inject('postgresUrl'), max: 1, pipeline: true });
  pool.on('connect', preparing.prepare);
  orm = drizzle(pool);
});
afterAll(() => pool.end());

const rows = async (statement: SQL) => (await orm.execute(statement)).rows;

/** Those that the one session of the pool knows. */
async function prepared(like: string): Promise<number> {
  const { rows } = await pool.query(
    'select count(*)::int as n from pg_prepared_statements where statement like $1',
    [like],
  );
  return rows[0].n;
}

it('none is prepared before it is known that no pooler stands between (control)', async () => {
  await rows(sql`select ${1}::int as early`);
  expect(await prepared('%as early%')).toBe(0);
  preparing.begin();
  await rows(sql`select ${1}::int as early`);
  expect(await prepared('%as early%')).toBe(1);
});

it('a statement is prepared once, whatever its parameters', async () => {
  const twice = (n: number) => rows(sql`select ${n}::int * 2 as twice`);
  expect([await twice(1), await twice(2)]).toEqual([[{ twice: 2 }], [{ twice: 4 }]]);
  expect(await prepared('%as twice%')).toBe(1);
});

it('so it is in a transaction', async () => {
  const thrice = sql`select ${2}::int * 3 as thrice`;
  const said = await orm.transaction(async (tx) => (await tx.execute(thrice)).rows);
  expect(said).toEqual([{ thrice: 6 }]);
  expect(await prepared('%as thrice%')).toBe(1);
});

it('one that is to be planned anew is not', async () => {
  await rows(sql`${sql.raw(PLANNED_ANEW)}select ${1}::int as once`);
  expect(await prepared('%as once%')).toBe(0);
});

it('nor is one of many rows: others of its kind have another number of them, and each session would keep them all', async () => {
  const sum = (many: number) => {
    const values = sql.join(
      Array.from({ length: many }, (_, n) => sql`(${n}::int, ${n}::int, ${n}::int, ${n}::int)`),
      sql`, `,
    );
    return rows(sql`select count(*)::int as many_rows from (values ${values}) v`);
  };
  expect(await sum(200)).toEqual([{ many_rows: 200 }]);
  expect(await prepared('%as many_rows%')).toBe(0);
  await sum(3);
  expect(await prepared('%as many_rows%')).toBe(1);
});

it('one that fails fails as any other, and can be sent again', async () => {
  const divided = (by: number) => rows(sql`select 6 / ${by}::int as divided`);
  await expect(divided(0)).rejects.toMatchObject({ cause: { code: '22012' } });
  expect(await divided(3)).toEqual([{ divided: 2 }]);
});

it('one that was first sent in a transaction that had failed already can be sent again', async () => {
  const late = sql`select ${1}::int as late`;
  const failed = orm.transaction(async (tx) => {
    const sent = [tx.execute(sql`select 1 / ${0}::int`), tx.execute(late), tx.execute(late)];
    for (const end of await Promise.allSettled(sent)) if (end.status === 'rejected') throw end.reason;
  });
  await expect(failed).rejects.toThrow();
  expect(await rows(late)).toEqual([{ late: 1 }]);
});

it('no session has to remember more than 200', async () => {
  for (let n = 0; n < 210; n++) await rows(sql`select 1 as ${sql.identifier(`many_${n}`)}`);
  expect(await prepared('%many_%')).toBeLessThanOrEqual(200);
  expect(await rows(sql`select 1 as many_209`)).toEqual([{ many_209: 1 }]);
});

it('without a pooler a connection is direct', async () => {
  expect(await isDirect(pool)).toBe(true);
});
