import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { beforeAll, expect, inject, it } from 'vitest';
import { type Database, openDatabase } from '../../src/adapters/db/database.ts';
import { whyMoved } from '../../src/adapters/db/place.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { silentLogger } from '../../src/log.ts';
import { noticeRestore, releaseMitigations } from '../../src/mitigations/hold-mitigations.ts';
import { createManualClock } from '../../src/time.ts';
import { describeOnBoth, openTestPostgres } from '../support/databases.ts';
import { copyDatabase, createScratchDatabase } from '../support/postgres-server.ts';
import { NOW } from './samples.ts';

const clock = createManualClock(NOW);
const storesOf = (database: Database) => createStores(database, clock, () => {});
const at = (current: string) => ({ current, whyMoved: () => 'It was restored.' });

describeOnBoth('an installation', (open) => {
  let database: Database;
  beforeAll(async () => {
    database = (await open()).database;
  });

  it('is stored, moved, held and released; of several replicas one notices', async () => {
    const store = storesOf(database);
    const first = await Promise.all([1, 2, 3].map(() => noticeRestore({ store, clock }, at('home'))));
    expect(first.toSorted()).toEqual(['first', 'same', 'same']);
    expect((await store.installation())?.hold).toBeUndefined();

    const moved = await Promise.all([1, 2, 3].map(() => noticeRestore({ store, clock }, at('away'))));
    expect(moved.toSorted()).toEqual(['moved', 'same', 'same']);
    expect(await store.installation()).toEqual({
      version: 2,
      place: 'away',
      hold: { since: NOW, reason: 'It was restored.' },
    });
    const jobs = () => database.rows(sql`select kind from jobs order by id`);
    expect(await jobs()).toEqual([{ kind: 'mitigation_hold.show' }]);

    await releaseMitigations({ store, clock }, { by: 'U0ANA', since: NOW.toISOString() });
    expect((await store.installation())?.hold).toMatchObject({ releasedBy: 'U0ANA', releasedAt: NOW });
    expect(await jobs()).toContainEqual({ kind: 'mitigation.send_held' });
  });
});

it('PostgreSQL: a copy of the database is another place, a second connection is the same', async () => {
  const original = await openTestPostgres();
  const copy = await createScratchDatabase(inject('postgresUrl'));
  try {
    const place = await original.database.place();
    expect(place).toMatch(/^postgres \d+ \d+\.\d+ 0000000\d$/);
    expect(await (await original.another()).place()).toBe(place);
    await copyDatabase(original.url, copy.url);
    const copied = await openDatabase({ kind: 'postgres', url: copy.url }, silentLogger);
    const there = await copied.place();
    await copied.close();
    expect(whyMoved(String(place), String(there))).toBe('It was restored on the same PostgreSQL server.');
  } finally {
    await copy.drop();
    await original.close();
  }
});

it('PostgreSQL: a dump restored over the same database is another place', async () => {
  const { database, close } = await openTestPostgres();
  try {
    const place = await database.place();
    // What `pg_restore --clean` does with each table.
    await database.rows(sql`create table again (like installation including all)`);
    await database.rows(sql`drop table installation`);
    await database.rows(sql`alter table again rename to installation`);
    const said = whyMoved(String(place), String(await database.place()));
    expect(said).toBe('It was restored on the same PostgreSQL server.');
  } finally {
    await close();
  }
});

it('PostgreSQL: a role without special rights may ask', async () => {
  const { database, close } = await openTestPostgres();
  try {
    const role = `aire_plain_${process.pid}`;
    await database.rows(sql`create role ${sql.identifier(role)}`);
    await database.orm.transaction(async (tx) => {
      await tx.execute(sql`set local role ${sql.identifier(role)}`);
      expect(
        await tx.execute(
          sql`select system_identifier::text as id, pg_walfile_name(pg_current_wal_lsn()) as wal from pg_control_system()`,
        ),
      ).toMatchObject({ rows: [{ id: expect.stringMatching(/^\d+$/), wal: expect.any(String) }] });
    });
    await database.rows(sql`drop role ${sql.identifier(role)}`);
  } finally {
    await close();
  }
});

it('the embedded database: the same directory is the same place, a copied one is not', async () => {
  const root = await mkdtemp(join(tmpdir(), 'aire-copy-'));
  const placeIn = async (name: string) => {
    const database = await openDatabase({ kind: 'embedded', dataDir: join(root, name) }, silentLogger);
    const place = await database.place();
    await database.close();
    return place;
  };
  try {
    const place = await placeIn('data');
    expect(place).toMatch(/^embedded \d+ \d+$/);
    expect(await placeIn('data')).toBe(place);
    await cp(join(root, 'data'), join(root, 'restored'), { recursive: true });
    const copied = await placeIn('restored');
    expect(copied).not.toBe(place);
    expect(whyMoved(String(place), String(copied))).toBe('Its directory is a copy.');
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

it.each([
  ['postgres 1 5 00000001', 'postgres 2 5 00000001', 'It is on another PostgreSQL server now.'],
  ['postgres 1 5 00000001', 'postgres 1 6 00000001', 'It was restored on the same PostgreSQL server.'],
  [
    'postgres 1 5 00000001',
    'postgres 1 5 00000002',
    'Its PostgreSQL server was recovered, or a standby took over.',
  ],
  ['embedded 1 5', 'postgres 1 5 00000002', 'It is kept by another database engine now.'],
])('from %s to %s: %s', (before, now, said) => {
  expect(whyMoved(before, now)).toBe(said);
});
