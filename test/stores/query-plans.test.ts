import { sql } from 'drizzle-orm';
import type pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { readAlreadySaid } from '../../src/adapters/db/already-said.ts';
import { type Database, openDatabase } from '../../src/adapters/db/database.ts';
import { createJobQueue } from '../../src/adapters/db/job-queue.ts';
import { readOperatingFigures } from '../../src/adapters/db/operating-figures.ts';
import { postedMessages } from '../../src/adapters/db/posted-messages.ts';
import { removeExpired } from '../../src/adapters/db/retention.ts';
import { createStores, type Stores } from '../../src/adapters/db/stores.ts';
import { readUnanswered } from '../../src/adapters/db/unanswered.ts';
import { retentionLimits } from '../../src/catalogue/retention.ts';
import { silentLogger } from '../../src/log.ts';
import { createManualClock, DAY, HOUR, MINUTE } from '../../src/time.ts';
import { createScratchDatabase, openPool, type ScratchDatabase } from '../support/postgres-server.ts';
import { loggedDatabase } from './logged-database.ts';
import { alert, bareIncident, minutesAgo, NOW, sampleRunbook } from './samples.ts';

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string | undefined;
  'Actual Rows'?: number | undefined;
  'Actual Loops'?: number | undefined;
  Plans?: PlanNode[] | undefined;
}
const planNode: z.ZodType<PlanNode> = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  'Actual Rows': z.number().optional(),
  'Actual Loops': z.number().optional(),
  Plans: z.array(z.lazy(() => planNode)).optional(),
});
const explained = z.tuple([z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: planNode })]) })]);

/** What a year leaves behind: nearly everything is over, and each query wants little of it. */
const FILL = [
  sql`insert into signals (source, type, id, service, at, sli, value, samples, signal)
    select 's', 'measurement', n::text, 'service-' || n % 10, ${NOW.toISOString()}::timestamptz - n * interval '1 minute', 'sli_' || n % 5, 0.9, 100, jsonb_build_object('labels', jsonb_build_object('language', 'l' || n % 3, 'tenant', 't' || n % 100))
    from generate_series(1, 20000) n`,
  sql`insert into signals (source, type, id, service, at, alert_key, signal)
    select 's', (array['alert', 'change', 'example', 'report', 'distribution'])[1 + n % 5], n::text, 'service-' || n % 7, ${NOW.toISOString()}::timestamptz - n * interval '1 hour', 'key-' || n % 50, '{}'
    from generate_series(1, 5000) n`,
  sql`insert into snapshots (hash, runbook) values ('hash', ${JSON.stringify(sampleRunbook())}::jsonb)`,
  sql`insert into incidents (id, version, service, title, reason, kind, severity, phase, declare_key, declared_by, started_at, detected_at, declared_at, resolved_at, facts, steps, runbook_hash, findings)
    select 'inc_' || n, 1, 'service-' || n % 10, 't', 'r', 'unknown', 'SEV3', case when n <= 20 then 'triage' else 'closed' end, n::text, '{"kind":"aire"}',
      at, at, at, case when n <= 20 then null else at + interval '1 hour' end, '{}', '{}', 'hash', '[]'
    from (select n, ${NOW.toISOString()}::timestamptz - n * interval '2 hours' as at from generate_series(1, 4000) n) numbered`,
  sql`insert into timeline (id, incident_id, at, actor, kind, text, once_key)
    select n::text, 'inc_' || 1 + n % 4000, ${NOW.toISOString()}::timestamptz, '{}', 'note', 't', 'key-' || n from generate_series(1, 20000) n`,
  sql`insert into proposals (id, version, service, trigger, severity, reason, findings, at, state)
    select n::text, 1, 'service-' || n % 10, 't', 'SEV2', 'r', '[]', ${NOW.toISOString()}::timestamptz - n * interval '2 hours', 'shadow' from generate_series(1, 4000) n`,
  sql`insert into jobs (kind, lane, coalesce, payload_version, payload, state, due_at, attempts, created_at, lease_until)
    select 'k', 'lane-' || n % 200, false, 1, '{}', case when n <= 5 then 'running' when n % 100 = 0 then 'ready' else 'done' end,
      at, 1, at, case when n <= 5 then now() end
    from (select n, ${NOW.toISOString()}::timestamptz - n * interval '1 minute' as at from generate_series(1, 30000) n) numbered`,
  sql`analyze`,
];

let scratch: ScratchDatabase;
let pool: pg.Pool;
let database: Database;
let stores: Stores;
let during: ReturnType<typeof loggedDatabase>['during'];

beforeAll(async () => {
  scratch = await createScratchDatabase(inject('postgresUrl'));
  await (await openDatabase({ kind: 'postgres', url: scratch.url }, silentLogger)).close();
  pool = openPool(scratch.url);
  ({ database, during } = loggedDatabase(pool));
  stores = createStores(database, createManualClock(NOW), () => {});
  for (const statement of FILL) await database.rows(statement);
});
afterAll(async () => {
  await pool.end();
  await scratch.drop();
});

/** Every `<node> on <table>` of the plans of all statements that `query` sends. */
async function scansOf(query: () => Promise<unknown>): Promise<string[]> {
  const statements = await during(query);
  expect(statements.length).toBeGreaterThan(0);
  const scans: string[] = [];
  const walk = (node: PlanNode): void => {
    if (node['Relation Name'] !== undefined) scans.push(`${node['Node Type']} on ${node['Relation Name']}`);
    for (const child of node.Plans ?? []) walk(child);
  };
  for (const { text, params } of statements) {
    const { rows } = await pool.query(`explain (format json) ${text}`, params);
    walk(explained.parse(rows)[0]['QUERY PLAN'][0].Plan);
  }
  return scans;
}

const SERVICE = 'service-1';
const incident = () => bareIncident('inc_1', { service: SERVICE, startedAt: minutesAgo(120) });
const queries: Readonly<Record<string, () => Promise<unknown>>> = {
  'the newest measurement, the baseline and the alerts': () =>
    stores.evidence(
      SERVICE,
      {
        slis: ['sli_1', 'sli_2'],
        history: new Map([['sli_1', DAY]]),
        baselineWindow: DAY,
        baselines: new Set(['sli_1', 'sli_2']),
        reports: DAY,
        burns: { slis: ['sli_1', 'sli_2'], windows: [HOUR, 5 * MINUTE] },
        distributions: DAY,
      },
      NOW,
    ),
  'slices of SLIs': () =>
    stores.evidence(
      SERVICE,
      {
        slis: ['sli_1', 'sli_2'],
        history: new Map([['sli_1', HOUR]]),
        baselineWindow: DAY,
        baselines: new Set(['sli_1', 'sli_2']),
        reports: 0,
        slices: ['language', 'tenant'],
      },
      NOW,
    ),
  'measurements of a slice since a moment': () =>
    stores.checksSince(SERVICE, 'sli_1', minutesAgo(60), { label: 'language', value: 'l1' }),
  'measurements since a moment': () => stores.checksSince(SERVICE, 'sli_1', minutesAgo(60)),
  'the newest measurements of a source': () =>
    stores.newestMeasurements('s', SERVICE, ['sli_1', 'sli_2'], minutesAgo(60)),
  'the newest state of an alert': () => stores.newestAlert('s', SERVICE, 'key-1', NOW),
  'what was said of alerts that are stored': () =>
    readAlreadySaid(database, { source: 's', id: 'd' }, [alert('not stored', 'firing', NOW)]),
  'what does not answer': () => readUnanswered(database, NOW),
  'open incidents of a service': () => stores.openIncidents(SERVICE),
  'open incidents of all': () => stores.listOpen(20),
  'the latest incidents': () => stores.listLatest(20),
  'one incident': () => stores.incident('inc_1'),
  'arrivals of an incident': () => stores.signalsNotOnTimeline(incident(), minutesAgo(120)),
  'changes of an incident': () => stores.changesOf('inc_1'),
  'evals of versions': () => stores.versionEvals(SERVICE, ['model', 'prompt'], minutesAgo(3000), NOW),
  'distributions of a week': () => stores.distributions(SERVICE, minutesAgo(7 * 24 * 60), NOW),
  'a change of an incident': () =>
    stores.save({
      incidents: [{ ...incident(), version: 1, runbook: { ...sampleRunbook(), hash: 'hash' } }],
    }),
  'a job that waits already': async () => {
    const job = { kind: 'k', lane: 'l', key: 'waits', coalesce: true, payload: {} };
    await stores.enqueue(job);
    await stores.enqueue(job);
  },
  'a claim': () => createJobQueue(database).claim(NOW, 8, 20),
  'posted messages': () => postedMessages(database, ['self-watch:jobs_dead', 'self-watch:outbox_stuck']),
  'operating figures': () => readOperatingFigures(database, NOW),
  'means of all SLIs in a week': () => stores.indicatorMeans(minutesAgo(7 * 24 * 60), NOW),
  'deliveries and measurements that are too old': () => {
    let asked = 0;
    return removeExpired(
      database,
      retentionLimits([], new Date(NOW.getTime() + 60 * DAY)),
      () => ++asked > 2,
    );
  },
  'what became of proposals': () => stores.proposalCounts(minutesAgo(28 * 24 * 60), NOW),
  'states of services': () => stores.serviceStates([SERVICE, 'service-2']),
  'dead jobs': () => createJobQueue(database).listDead(20),
};

it.each(Object.entries(queries))('%s: reads no whole table', async (_name, query) => {
  const scans = await scansOf(query);
  expect(scans.some((scan) => /^(Index|Bitmap)/.test(scan))).toBe(true);
  expect(
    scans.filter((scan) => /^Seq Scan on (signals|incidents|jobs|timeline|proposals)$/.test(scan)),
  ).toEqual([]);
});

it('sees a whole table being read (control)', async () => {
  const scans = await scansOf(() => database.rows(sql`select max(length(text)) from timeline`));
  expect(scans).toEqual(['Seq Scan on timeline']);
});

/** How many rows of measurements the newest checks of an SLI are made of, of 2000 that there are. */
async function rowsRead(history: ReadonlyMap<string, number>): Promise<number> {
  const wanted = { slis: ['sli_1'], history, baselineWindow: DAY, baselines: new Set<string>(), reports: 0 };
  const sent = await during(() => stores.evidence(SERVICE, wanted, NOW));
  const read = sent.filter(({ text }) => text.includes('as shared'));
  let rows = 0;
  const walk = (node: PlanNode): void => {
    if (node['Relation Name'] === 'signals') rows += (node['Actual Rows'] ?? 0) * (node['Actual Loops'] ?? 0);
    for (const child of node.Plans ?? []) walk(child);
  };
  for (const { text, params } of read) {
    const explain = await pool.query(`explain (analyze, format json) ${text}`, params);
    walk(explained.parse(explain.rows)[0]['QUERY PLAN'][0].Plan);
  }
  return rows;
}

it('the newest checks are read without the rest of their history', async () => {
  // A look for the newest, thirty, and one that shows that the thirtieth moment has no more.
  expect(await rowsRead(new Map())).toBe(1 + 30 + 1);
  // Six in an hour.
  expect(await rowsRead(new Map([['sli_1', HOUR]]))).toBeLessThanOrEqual(6 + 1 + 1);
});

it('sees a long history being read (control)', async () => {
  expect(await rowsRead(new Map([['sli_1', 7 * DAY]]))).toBe(1008 + 1);
});

it('a baseline is read from an index alone, whatever else a measurement holds', async () => {
  await pool.query('vacuum analyze signals');
  const wanted = { slis: ['sli_1'], history: new Map(), baselineWindow: 7 * DAY, reports: 0 };
  const scans = await scansOf(() =>
    stores.evidence(SERVICE, { ...wanted, baselines: new Set(['sli_1']) }, NOW),
  );
  expect(scans.filter((scan) => scan.endsWith('on signals'))).toContain('Index Only Scan on signals');
  // Its text is in none (control).
  const whole = await scansOf(() => stores.newestMeasurements('s', SERVICE, ['sli_1'], minutesAgo(60)));
  expect(whole).not.toContain('Index Only Scan on signals');
});
