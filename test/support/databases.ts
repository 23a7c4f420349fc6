import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { afterAll, describe, inject } from 'vitest';
import { type Database, fromPglite, MIGRATIONS, openDatabase } from '../../src/adapters/db/database.ts';
import { silentLogger } from '../../src/log.ts';
import { createScratchDatabase } from './postgres-server.ts';

export type Engine = 'pglite' | 'postgres';

/** An empty, migrated database of one test or test file. */
export interface TestDatabase {
  readonly database: Database;
  /** A second pool on the same database, as a second replica has it. PostgreSQL only. */
  another?(): Promise<Database>;
  /** Closes every pool and removes the database. */
  close(): Promise<void>;
}

/** Opens an empty, migrated database of its own on the engine: about 250 ms. */
export async function openTestDatabase(engine: Engine): Promise<TestDatabase> {
  if (engine === 'postgres') return openTestPostgres();
  const pglite = await PGlite.create({ loadDataDir: await migratedDump() });
  const database = await fromPglite(pglite);
  return { database, close: () => database.close() };
}

/** A database on the PostgreSQL of this run, with replicas on demand. */
export async function openTestPostgres(): Promise<Required<TestDatabase> & { readonly url: string }> {
  const scratch = await createScratchDatabase(inject('postgresUrl'));
  const opened: Database[] = [];
  const another = async () => {
    const database = await openDatabase({ kind: 'postgres', url: scratch.url }, silentLogger);
    opened.push(database);
    return database;
  };
  return {
    url: scratch.url,
    database: await another(),
    another,
    close: async () => {
      await Promise.all(opened.map((each) => each.close()));
      await scratch.drop();
    },
  };
}

/**
 * Runs the same suite on both engines. What `open` opened is closed after the suite, so a suite opens one database
 * in `beforeAll` and calls {@link emptyDatabase} before each test.
 */
export function describeOnBoth(
  name: string,
  define: (open: () => Promise<TestDatabase>, engine: Engine) => void,
): void {
  for (const engine of ['pglite', 'postgres'] as const) {
    describe(`${name} (${engine})`, () => {
      const opened: TestDatabase[] = [];
      afterAll(async () => {
        for (const each of opened) await each.close();
      });
      define(async () => {
        const database = await openTestDatabase(engine);
        opened.push(database);
        return database;
      }, engine);
    });
  }
}

/** Removes every row and starts the numbers again. Several times as fast as `truncate`, which makes new files. */
export async function emptyDatabase(database: Database): Promise<void> {
  await database.orm.execute(
    sql.raw(`do $$
      declare name text;
      begin
        perform set_config('session_replication_role', 'replica', true); -- no foreign keys for this transaction
        for name in select format('%I', tablename) from pg_tables where schemaname = 'public' loop
          execute 'delete from ' || name;
        end loop;
        for name in select format('%I', sequencename) from pg_sequences where schemaname = 'public' and last_value is not null loop
          perform setval(name, 1, false);
        end loop;
      end $$`),
  );
}

/**
 * The data directory of a migrated PGlite. Creating one takes seconds, loading a dump a fraction of one, so the dump is
 * kept in the temporary directory under a name that changes with the migrations and with PGlite.
 */
async function migratedDump(): Promise<Blob> {
  const file = join(tmpdir(), `aire-test-pglite-${dumpKey()}.tar`);
  const kept = await readFile(file).catch(() => undefined);
  if (kept !== undefined) return new Blob([kept]);
  const pglite = await PGlite.create();
  await fromPglite(pglite);
  const dump = await pglite.dumpDataDir('none');
  await pglite.close();
  // Renamed into place: another worker must never read half of it.
  const partial = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(partial, Buffer.from(await dump.arrayBuffer()));
  await rename(partial, file);
  return dump;
}

function dumpKey(): string {
  const hash = createHash('sha256');
  const migrations = readdirSync(MIGRATIONS, { recursive: true, encoding: 'utf8' }).sort();
  for (const name of migrations.filter((each) => /\.(sql|json)$/.test(each)))
    hash.update(name).update(readFileSync(join(MIGRATIONS, name)));
  hash.update(readFileSync(fileURLToPath(import.meta.resolve('@electric-sql/pglite'))));
  return hash.digest('hex').slice(0, 16);
}
