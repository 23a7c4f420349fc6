import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, inject, it } from 'vitest';
import { z } from 'zod';
import { type Database, MIGRATIONS, openDatabase } from '../../src/adapters/db/database.ts';
import { migratePostgres } from '../../src/adapters/db/migrate.ts';
import { silentLogger } from '../../src/log.ts';
import { describeOnBoth, openTestPostgres } from '../support/databases.ts';
import { createScratchDatabase, openPool } from '../support/postgres-server.ts';

const open = (url: string) => openDatabase({ kind: 'postgres', url }, silentLogger);

async function migrationsOf(database: Database): Promise<number> {
  const [row] = await database.rows(sql`select count(*)::int as n from drizzle.__drizzle_migrations`);
  return Number(row?.n);
}

it('lets three replicas open one fresh database at the same moment', async () => {
  const once = await openTestPostgres();
  const scratch = await createScratchDatabase(inject('postgresUrl'));
  const opened = await Promise.all([1, 2, 3].map(() => open(scratch.url)));
  try {
    for (const database of opened) {
      await database.ping();
      expect(await migrationsOf(database)).toBe(await migrationsOf(once.database));
    }
  } finally {
    await Promise.all([...opened.map((each) => each.close()), once.close()]);
    await scratch.drop();
  }
});

describeOnBoth('a migrated database', (open) => {
  it('is opened again without applying anything twice', async () => {
    const { database, another } = await open();
    const before = await migrationsOf(database);
    expect(before).toBeGreaterThan(0);
    if (another !== undefined) expect(await migrationsOf(await another())).toBe(before);
  });
});

it('refuses a schema that a newer aire has migrated', async () => {
  const { database, another, close } = await openTestPostgres();
  try {
    await expect(another()).resolves.toBeDefined();
    await database.orm.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) select 'newer', max(created_at) + 1 from drizzle.__drizzle_migrations`,
    );
    await expect(another()).rejects.toMatchObject({ code: 'schema_too_new' });
  } finally {
    await close();
  }
});

it('an upgrade keeps for how long measurements speak', async () => {
  const scratch = await createScratchDatabase(inject('postgresUrl'));
  const before = await mkdtemp(join(tmpdir(), 'aire-migrations-'));
  const pool = openPool(scratch.url);
  try {
    await cp(MIGRATIONS, before, { recursive: true });
    const journal = join(before, 'meta', '_journal.json');
    const { entries, ...rest } = z
      .looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) })
      .parse(JSON.parse(await readFile(journal, 'utf8')));
    const older = entries.filter(({ tag }) => tag < '0005');
    await writeFile(journal, JSON.stringify({ ...rest, entries: older }));
    await migratePostgres(pool, before);
    await pool.query(
      `insert into signals (source, type, id, service, at, sli, value, signal)
      select 's', type, coalesce(seconds::text, 'none'), 'a', now(), 'x', 1, jsonb_build_object('windowSeconds', seconds)
      from (values ('measurement', 900), ('distribution', 60), ('measurement', null)) v (type, seconds)`,
    );
    const database = await open(scratch.url);
    const rows = await database.rows(sql`select id, window_s from signals order by id`);
    expect(rows).toEqual([
      { id: '60', window_s: null },
      { id: '900', window_s: 900 },
      { id: 'none', window_s: null },
    ]);
    // A replica of the previous version still runs, and knows nothing of the column.
    await pool.query(
      `insert into signals (source, type, id, service, at, sli, value, signal)
      values ('s', 'measurement', 'later', 'a', now(), 'x', 1, '{"windowSeconds": 60}')`,
    );
    const later = await database.rows(sql`select window_s from signals where id = 'later'`);
    expect(later).toEqual([{ window_s: 60 }]);
    await database.close();
  } finally {
    await pool.end();
    await Promise.all([scratch.drop(), rm(before, { recursive: true })]);
  }
});

it('says that a database is unavailable, without the password', async () => {
  const url = new URL(inject('postgresUrl'));
  url.pathname = '/no_such_database';
  url.password ||= 'unused-password';
  const failure = open(url.href);
  await expect(failure).rejects.toMatchObject({
    code: 'database_unavailable',
    message: expect.stringContaining('Check DATABASE_URL'),
  });
  await expect(failure).rejects.toMatchObject({ message: expect.not.stringContaining(url.password) });
});
