import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { type SQL, sql } from 'drizzle-orm';
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import pg from 'pg';
import { AppError, messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { migratePglite, migratePostgres } from './migrate.ts';
import { embeddedPlace, POSTGRES_PLACE } from './place.ts';
import { createPreparing, isDirect, PLANNED_ANEW } from './prepared-statements.ts';
import * as tables from './tables.ts';

/** The typed query builder; the same on PostgreSQL and on PGlite. */
export type Orm = PgDatabase<PgQueryResultHKT, typeof tables>;

/** What a raw statement answers. */
export type Rows = readonly Readonly<Record<string, unknown>>[];

/** What takes statements: a transaction, or a database, where each is one. */
export interface Transaction {
  /** Rows of a statement whose plan is always the same: like those of `orm` it is planned once a connection, where it can. */
  often(statement: SQL): Promise<Rows>;
}

/** An open, migrated database. */
export interface Database extends Transaction {
  readonly orm: Orm;
  /** The same for a statement that is planned for its parameters; what columns hold is for the caller to check. */
  rows(statement: SQL): Promise<Rows>;
  /**
   * Commits what `work` sends, or nothing of it if `work` fails. Every statement must have answered when `work` ends;
   * none has to wait for the one before it, nor for `begin`.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  ping(): Promise<void>;
  /** Which copy of the data this is; undefined where that can't be known. */
  place(): Promise<string | undefined>;
  close(): Promise<void>;
}

export type DatabaseLocation =
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'embedded'; readonly dataDir: string };

/** The shipped SQL, beside `src` or `dist`. */
export const MIGRATIONS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'migrations');

/**
 * Opens the database and applies pending migrations.
 *
 * @throws AppError `database_unavailable`, `schema_too_new`.
 */
export async function openDatabase(location: DatabaseLocation, log: Logger): Promise<Database> {
  if (location.kind === 'postgres') return openPostgres(location.url, log);
  mkdirSync(location.dataDir, { recursive: true });
  const directory = join(location.dataDir, 'database');
  return fromPglite(await PGlite.create(directory), () => embeddedPlace(directory));
}

async function openPostgres(url: string, log: Logger): Promise<Database> {
  await migrate(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: 16,
    connectionTimeoutMillis: 5000,
    // A connection that died unnoticed must not keep what waits for it for ever; less than the lease of a job.
    keepAlive: true,
    query_timeout: 15_000,
    // Statements of one transaction need not wait for each other's answers.
    pipeline: true,
  });
  const preparing = createPreparing();
  // Without a listener, a restart of PostgreSQL under an idle connection ends the process.
  pool.on('error', (error) => log.warn({ err: messageOf(error) }, 'a database connection was lost'));
  pool.on('connect', (client) => {
    // The pool does not listen to a connection that is in a transaction; what was under way on it fails by itself.
    client.on('error', () => {});
    preparing.prepare(client);
    // Compiling a claim takes half a second where there are many jobs, running it a millisecond.
    client.query('set jit = off').catch(() => {});
  });
  const orm = drizzleNodePostgres(pool, { schema: tables });
  const database = fromOrm(orm, {
    transaction: (work) => inTransaction(pool, work),
    place: () => postgresPlace(orm),
    close: () => pool.end(),
  });
  if (await isDirect(pool)) preparing.begin();
  return database;
}

/** On connections of its own: a migration may take its time, and waits for one that another replica has begun. */
async function migrate(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 5000 });
  // What is lost is told by the statement that was under way.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  try {
    await migratePostgres(pool, MIGRATIONS);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(
      'database_unavailable',
      `The database can't be used: ${messageOf(error)}. Check DATABASE_URL.`,
      { cause: error },
    );
  } finally {
    await pool.end();
  }
}

/** A database on a PGlite instance that is open already; without `place` it may be one in memory. */
export async function fromPglite(
  pglite: PGlite,
  place: Database['place'] = async () => undefined,
): Promise<Database> {
  await migratePglite(pglite, MIGRATIONS);
  const orm = drizzlePglite(pglite, { schema: tables });
  return fromOrm(orm, {
    transaction: (work) => orm.transaction((tx) => work(sending(tx))),
    place,
    close: () => pglite.close(),
  });
}

/** Undefined when the role may not ask, or when what speaks PostgreSQL here is something else. */
async function postgresPlace(orm: Orm): Promise<string | undefined> {
  try {
    const [row] = rowsOf(await orm.execute(POSTGRES_PLACE));
    return typeof row?.place === 'string' ? row.place : undefined;
  } catch (error) {
    if (hasCode(error, [NOT_PERMITTED, NO_SUCH_FUNCTION, NOT_SUPPORTED])) return undefined;
    throw error;
  }
}

const NOT_PERMITTED = '42501';
const NO_SUCH_FUNCTION = '42883';
const NOT_SUPPORTED = '0A000';

function fromOrm(orm: Orm, driver: Pick<Database, 'transaction' | 'place' | 'close'>): Database {
  const { often } = sending(orm);
  return {
    orm,
    rows: (statement) => often(sql`${sql.raw(PLANNED_ANEW)}${statement}`),
    often,
    ping: async () => {
      await orm.execute('select 1');
    },
    ...driver,
  };
}

function sending(orm: Pick<Orm, 'execute'>): Transaction {
  return { often: async (statement) => rowsOf(await orm.execute(statement)) };
}

/**
 * Unlike the query builder's own it does not wait for `begin` before it sends the rest. What fails a `begin` ends the
 * connection; only if it alone were cancelled would the rest have been written by itself.
 */
async function inTransaction<T>(pool: pg.Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  const tx = sending(drizzleNodePostgres(client));
  let isOver = false;
  try {
    const [begun, worked] = await Promise.allSettled([tx.often(sql`begin`), (async () => work(tx))()]);
    if (begun.status === 'rejected') throw begun.reason;
    if (worked.status === 'rejected') throw worked.reason;
    await tx.often(sql`commit`);
    isOver = true;
    return worked.value;
  } catch (error) {
    isOver = await tx.often(sql`rollback`).then(
      () => true,
      () => false,
    );
    throw error;
  } finally {
    // A connection on which a transaction may still be open is closed.
    client.release(!isOver);
  }
}

/** Both drivers answer with an object that has `rows`. */
function rowsOf(result: unknown): Rows {
  if (result !== null && typeof result === 'object' && 'rows' in result && Array.isArray(result.rows))
    return result.rows;
  throw new TypeError('the database driver answered without rows');
}

/** True for the error by which PostgreSQL refuses a second row of a unique index. */
export function isUniqueViolation(error: unknown): boolean {
  return hasCode(error, ['23505']);
}

/** True when another transaction was faster: a unique index, a deadlock or a serialization failure says so. */
export function isLostRace(error: unknown): boolean {
  return hasCode(error, ['23505', '40P01', '40001']);
}

/** `codes` are PostgreSQL's; the query builder hides the driver's error in `cause`. */
function hasCode(error: unknown, codes: readonly unknown[]): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && codes.includes(at.code)) return true;
  }
  return false;
}
