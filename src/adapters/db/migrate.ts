import type { PGlite } from '@electric-sql/pglite';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { migrate as migrateNodePostgres } from 'drizzle-orm/node-postgres/migrator';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { migrate as migratePgliteOrm } from 'drizzle-orm/pglite/migrator';
import type pg from 'pg';
import { AppError } from '../../errors.ts';

/** Any number will do, as long as every aire uses the same. */
const ADVISORY_LOCK = 4_149_726;
const OLDEST_SERVER = 150_000;

/**
 * Applies pending migrations, one process at a time. The lock is held by a transaction of its own connection, so
 * that it also works through PgBouncer.
 *
 * @throws AppError `schema_too_new`, `database_unavailable`.
 */
export async function migratePostgres(pool: pg.Pool, folder: string): Promise<void> {
  const guard = await pool.connect();
  try {
    await refuseOldServer((text) => guard.query(text));
    await guard.query('begin');
    await guard.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    refuseNewer(folder, await newestApplied((text) => guard.query(text)));
    await migrateNodePostgres(drizzleNodePostgres(pool), { migrationsFolder: folder });
    await guard.query('commit');
  } catch (error) {
    await guard.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    guard.release();
  }
}

/** Applies pending migrations to an embedded database; its directory lock makes this process the only one. */
export async function migratePglite(pglite: PGlite, folder: string): Promise<void> {
  refuseNewer(folder, await newestApplied((text) => pglite.query(text)));
  await migratePgliteOrm(drizzlePglite(pglite), { migrationsFolder: folder });
}

type Query = (text: string) => Promise<{ rows: unknown[] }>;

/**
 * Whether this aire may use a database; nothing is applied.
 *
 * @returns how many migrations the next start will apply.
 * @throws AppError `schema_too_new`.
 */
export async function pendingMigrations(query: Query, folder: string): Promise<number> {
  const applied = await newestApplied(query);
  refuseNewer(folder, applied);
  return readMigrationFiles({ migrationsFolder: folder }).filter(
    (migration) => migration.folderMillis > applied,
  ).length;
}

/** @throws AppError `database_unavailable` when the server is older than aire supports. */
export async function refuseOldServer(query: Query): Promise<void> {
  const { rows } = await query('show server_version_num');
  const version = Number(field(rows[0], 'server_version_num'));
  if (version < OLDEST_SERVER) {
    throw new AppError(
      'database_unavailable',
      `PostgreSQL 15 or newer is needed; this one is ${Math.floor(version / 10_000)}.`,
    );
  }
}

async function newestApplied(query: Query): Promise<number> {
  const { rows: found } = await query("select to_regclass('drizzle.__drizzle_migrations')::text as name");
  if (field(found[0], 'name') === null) return 0;
  const { rows } = await query(
    'select coalesce(max(created_at), 0)::text as newest from drizzle.__drizzle_migrations',
  );
  return Number(field(rows[0], 'newest'));
}

function field(row: unknown, name: string): unknown {
  return row !== null && typeof row === 'object'
    ? Object.entries(row).find(([key]) => key === name)?.[1]
    : undefined;
}

/** An older binary must not write into tables it does not know. */
function refuseNewer(folder: string, applied: number): void {
  const known = Math.max(
    ...readMigrationFiles({ migrationsFolder: folder }).map((migration) => migration.folderMillis),
  );
  if (applied > known) {
    throw new AppError(
      'schema_too_new',
      'The database was migrated by a newer aire. Start that version, or restore a backup from before the upgrade.',
    );
  }
}
