import { type SQL, sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { isDirect, preparing } from '../../src/adapters/db/prepared-statements.ts';

let pool: pg.Pool;
let often: (statement: SQL) => Promise<readonly Readonly<Record<string, unknown>>[]>;
beforeAll(() => {
  pool = new pg.Pool({ connectionString: inject('postgresUrl'), max: 1 });
  often = preparing(pool);
});
afterAll(() => pool.end());

/** Those that the one session of the pool knows. */
async function prepared(like: string): Promise<number> {
  const { rows } = await pool.query(
    'select count(*)::int as n from pg_prepared_statements where statement like $1',
    [like],
  );
  return rows[0].n;
}

it('a statement is prepared once, whatever its parameters', async () => {
  const twice = (n: number) => often(sql`select ${n}::int * 2 as twice`);
  expect([await twice(1), await twice(2)]).toEqual([[{ twice: 2 }], [{ twice: 4 }]]);
  expect(await prepared('%as twice%')).toBe(1);
});

it('others are not (control)', async () => {
  await pool.query('select $1::int as once', [1]);
  expect(await prepared('%as once%')).toBe(0);
});

it('one that fails fails as any other, and can be sent again', async () => {
  const divided = (by: number) => often(sql`select 6 / ${by}::int as divided`);
  await expect(divided(0)).rejects.toMatchObject({ code: '22012' });
  expect(await divided(3)).toEqual([{ divided: 2 }]);
});

it('no session has to remember more than 200', async () => {
  for (let n = 0; n < 210; n++) await often(sql`select 1 as ${sql.identifier(`many_${n}`)}`);
  expect(await prepared('%many_%')).toBeLessThanOrEqual(200);
  expect(await often(sql`select 1 as many_209`)).toEqual([{ many_209: 1 }]);
});

it('without a pooler a connection is direct', async () => {
  expect(await isDirect(pool)).toBe(true);
});
