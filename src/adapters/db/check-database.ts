import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { AppError, isAppError, messageOf } from '../../errors.ts';
import { type DatabaseLocation, MIGRATIONS } from './database.ts';
import { pendingMigrations, refuseOldServer } from './migrate.ts';

/** What is known of a database without changing it. `pending`: migrations that the next start applies. */
export type DatabaseState =
  | { readonly kind: 'usable'; readonly pending: number }
  /** The embedded one is made at the first start. */
  | { readonly kind: 'absent' }
  /** It did not answer, so nothing is known of it. */
  | { readonly kind: 'unreachable'; readonly reason: string };

/** How long connecting, and each question, may take, in milliseconds. */
const PATIENCE = 5000;

/**
 * Looks whether aire could start on this database; no migration is applied. The caller holds the lock of an embedded one.
 *
 * @throws AppError `schema_too_new`, and `database_unavailable` when the database refuses.
 */
export async function checkDatabase(location: DatabaseLocation): Promise<DatabaseState> {
  if (location.kind === 'postgres') return checkPostgres(location.url);
  if (!hasEmbeddedDatabase(location.dataDir)) return { kind: 'absent' };
  const pglite = await PGlite.create(join(location.dataDir, 'database'));
  try {
    return {
      kind: 'usable',
      pending: await pendingMigrations((text) => pglite.query(text), MIGRATIONS),
    };
  } finally {
    await pglite.close();
  }
}

/** Whether an embedded database was made there. */
export function hasEmbeddedDatabase(dataDir: string): boolean {
  return existsSync(join(dataDir, 'database', 'PG_VERSION'));
}

async function checkPostgres(url: string): Promise<DatabaseState> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: PATIENCE,
    query_timeout: PATIENCE,
  });
  // A connection that breaks off is told by the question that was under way.
  client.on('error', () => {});
  try {
    await client.connect();
    const query = (text: string) => client.query(text);
    await refuseOldServer(query);
    return { kind: 'usable', pending: await pendingMigrations(query, MIGRATIONS) };
  } catch (error) {
    if (isAppError(error)) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // PostgreSQL's own refusals have five characters: no such database, wrong password.
    if (/^[0-9A-Z]{5}$/.test(code))
      throw new AppError(
        'database_unavailable',
        `The database refuses: ${messageOf(error)}. Check DATABASE_URL.`,
        { cause: error },
      );
    // Several addresses that refuse make an error without a message.
    return { kind: 'unreachable', reason: messageOf(error) || code };
  } finally {
    await client.end().catch(() => undefined);
  }
}
