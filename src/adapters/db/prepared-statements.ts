import { randomUUID } from 'node:crypto';
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import type { Rows } from './database.ts';

/** Statements that differ in their text. What comes later is sent as any other. */
const MOST = 200;

/**
 * Whether nothing stands between this process and PostgreSQL. A pooler (PgBouncer in transaction mode) may send each
 * statement to another session, which does not know what was prepared; it names itself by a process id of its own.
 */
export async function isDirect(pool: pg.Pool): Promise<boolean> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    return rows[0] !== undefined && rows[0].pid === Reflect.get(client, 'processID');
  } finally {
    client.release();
  }
}

/** Sends statements under a name each, so that a session parses and plans them once. */
export function preparing(pool: pg.Pool): (statement: SQL) => Promise<Rows> {
  const dialect = new PgDialect();
  const names = new Map<string, string>();
  return async (statement) => {
    const { sql: text, params } = dialect.sqlToQuery(statement);
    let name = names.get(text);
    if (name === undefined && names.size < MOST) {
      name = randomUUID();
      names.set(text, name);
    }
    const { rows } = await pool.query<Rows[number]>({
      text,
      values: params,
      ...(name === undefined ? {} : { name }),
    });
    return rows;
  };
}
