import pg from 'pg';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '../../src/adapters/db/database.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { silentLogger } from '../../src/log.ts';
import { createManualClock, DAY, HOUR } from '../../src/time.ts';
import { createScratchDatabase, type ScratchDatabase } from '../support/postgres-server.ts';
import { loggedDatabase } from './logged-database.ts';
import { NOW } from './samples.ts';

const plan = z.object({ 'QUERY PLAN': z.string() });
const SERVICES = 500;

let scratch: ScratchDatabase;
let client: pg.Client;

beforeEach(async () => {
  scratch = await createScratchDatabase(inject('postgresUrl'));
  await (await openDatabase({ kind: 'postgres', url: scratch.url }, silentLogger)).close();
  client = new pg.Client({ connectionString: scratch.url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await scratch.drop();
});

/** Rows of others that an evaluation of one service passes over, with plans that were made when there was little. */
async function rowsPassedOver(): Promise<number> {
  const { database, during } = loggedDatabase(client);
  const stores = createStores(database, createManualClock(NOW), () => {});
  const wanted = {
    slis: ['sli'],
    history: new Map([['sli', HOUR]]),
    baselineWindow: DAY,
    baselines: new Set(['sli']),
    reports: 0,
  };
  const evaluate = () => stores.evidence('service-1', wanted, NOW);
  await client.query('set plan_cache_mode = force_generic_plan');
  const fill = (from: number, to: number, hoursAgo: number) =>
    client.query(
      `insert into signals (source, type, id, service, at, sli, value, samples, signal)
        select 's', 'measurement', n || '-' || $3, 'service-' || n, $4::timestamptz - $3::int * interval '1 hour', 'sli', 0.9, 100, '{}'
        from generate_series($1::int, $2::int) n`,
      [from, to, hoursAgo, NOW],
    );
  await client.query('alter table signals set (autovacuum_enabled = false)');
  await fill(1, SERVICES / 2, 2);
  const statements = await during(async () => {
    const { slis } = await evaluate();
    expect(slis.get('sli')?.checks).toHaveLength(1);
  });
  for (const [n, { text, params }] of statements.entries())
    await client.query({ name: `s${n}`, text, values: params });
  await fill(SERVICES / 2 + 1, SERVICES, 1);
  let passed = 0;
  for (const [n, { params }] of statements.entries()) {
    const values = params.map((value) => pg.escapeLiteral(String(value))).join(', ');
    const { rows } = await client.query(`explain (analyze) execute s${n} (${values})`);
    const text = rows.map((row) => plan.parse(row)['QUERY PLAN']).join('\n');
    for (const [, removed] of text.matchAll(/Rows Removed by Filter: (\d+)/g)) passed += Number(removed);
  }
  return passed;
}

it('what a service measured is found before there are statistics, whatever else arrived', async () => {
  expect(await rowsPassedOver()).toBeLessThan(10);
});

it('sees all services being read where an index leads by time (control)', async () => {
  await client.query(`create index by_time on signals (at) where type = 'measurement'`);
  expect(await rowsPassedOver()).toBeGreaterThan(SERVICES / 4);
});
