import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import pg from 'pg';
import { expect, inject, it } from 'vitest';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { createScratchDatabase } from './postgres-server.ts';

const serverUrl = inject('postgresUrl');

async function select(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

it('provides a superuser on a server of a supported version', async () => {
  expect(await select(serverUrl, 'select rolsuper from pg_roles where rolname = current_user')).toEqual([
    { rolsuper: true },
  ]);
  expect(inject('postgresVersion')).toBeGreaterThanOrEqual(15);
});

it('gives each scratch database its own tables, and drops it under open connections', async () => {
  const [a, b] = await Promise.all([createScratchDatabase(serverUrl), createScratchDatabase(serverUrl)]);
  const open = new pg.Client({ connectionString: a.url });
  open.on('error', () => {});
  try {
    await open.connect();
    await open.query('create table only_in_a ()');
    expect(await select(b.url, `select to_regclass('only_in_a') as found`)).toEqual([{ found: null }]);
    expect(await select(a.url, `select to_regclass('only_in_a') as found`)).toEqual([{ found: 'only_in_a' }]);
  } finally {
    await a.drop();
    await b.drop();
    await open.end().catch(() => {});
  }
  await expect(select(a.url, 'select 1')).rejects.toThrow('does not exist');
  await expect(a.drop()).resolves.toBeUndefined();
});

it('leaves no server and no files behind', async () => {
  const server = await startEmbeddedPostgres();
  const [row] = await select(server.url, `select current_setting('data_directory') as path`);
  const directory = dirname(String(row?.path));
  expect(existsSync(directory)).toBe(true);
  await server.stop();
  expect(existsSync(directory)).toBe(false);
  await expect(select(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
});

it('keeps what was committed durably over a crash, and stays where it was', async () => {
  const server = await startEmbeddedPostgres({});
  try {
    await select(server.url, 'create table kept as select 1 as one');
    await server.crash();
    await expect(select(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await select(server.url, 'select one from kept')).toEqual([{ one: 1 }]);
  } finally {
    await server.stop();
  }
});
