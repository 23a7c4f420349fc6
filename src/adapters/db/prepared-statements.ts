import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** Statements that differ in their text. What comes later, or is too long, is sent as any other. */
const MOST = 200;
/** What is longer, in characters, lists many values: the next has another number of them, and so another text. */
const LONGEST = 4000;

/** How a statement begins that is planned anew each time, for the parameters it has and the rows there are then. */
export const PLANNED_ANEW = '/* planned anew */ ';

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

/**
 * Gives each statement that clients send a name, whatever sends it, so that a session parses and plans it once. `prepare`
 * each client before its first statement, and `begin` once it is known that none of them is behind a pooler.
 */
export function createPreparing(): {
  readonly prepare: (client: pg.PoolClient) => void;
  readonly begin: () => void;
} {
  /** By their text; the text of each is the first of its kind, so that connections do not keep one each. */
  const known = new Map<string, { readonly name: string; readonly text: string }>();
  let begun = false;

  function preparedAs(text: string): { readonly name: string; readonly text: string } | undefined {
    const prepared = known.get(text);
    if (prepared !== undefined || known.size >= MOST || text.length > LONGEST) return prepared;
    const first = { name: randomUUID(), text };
    known.set(text, first);
    return first;
  }

  function named(statement: unknown): unknown {
    if (!begun || statement === null || typeof statement !== 'object') return statement;
    if (!('text' in statement) || typeof statement.text !== 'string') return statement;
    const prepared = statement.text.startsWith(PLANNED_ANEW) ? undefined : preparedAs(statement.text);
    return prepared === undefined ? statement : { ...statement, ...prepared };
  }

  return {
    prepare(client) {
      const query = client.query;
      Object.defineProperty(client, 'query', {
        value: (statement: unknown, ...rest: unknown[]) =>
          Reflect.apply(query, client, [named(statement), ...rest]),
      });
    },
    begin() {
      begun = true;
    },
  };
}
