import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Database } from '../../src/adapters/db/database.ts';
import * as tables from '../../src/adapters/db/tables.ts';

/** A statement as it was sent. */
export interface Sent {
  readonly text: string;
  readonly params: unknown[];
}

/** A database of which it is known what was sent to it. */
export function loggedDatabase(client: pg.Pool | pg.Client) {
  const sent: Sent[] = [];
  const logger = { logQuery: (text: string, params: unknown[]) => void sent.push({ text, params }) };
  const orm = drizzle(client, { schema: tables, logger });
  const database: Database = {
    orm,
    rows: async (statement) => (await orm.execute(statement)).rows,
    often: async (statement) => (await orm.execute(statement)).rows,
    transaction: (work) => work(database),
    ping: async () => {},
    place: async () => undefined,
    close: async () => {},
  };
  return {
    database,
    /** What was sent while this was done. */
    async during(work: () => Promise<unknown>): Promise<readonly Sent[]> {
      sent.length = 0;
      await work();
      return [...sent];
    },
  };
}
