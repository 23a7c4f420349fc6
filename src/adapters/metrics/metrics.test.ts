import { expect, test } from 'vitest';
import type { DatabaseFigures } from './database-gauges.ts';
import { createMetrics } from './metrics.ts';

const FIGURES: DatabaseFigures = {
  jobs: { ready: 3, running: 1, dead: 2 },
  oldestDueSeconds: 12.5,
  openProposals: 4,
  openIncidents: { SEV2: 5 },
  mitigations: { running: 1 },
};

const create = (figures: () => Promise<DatabaseFigures> = async () => FIGURES) =>
  createMetrics({ version: '1.2.3', figures, problems: ['outbox_stuck'] });

test('figures of the database are shown, with zero for what it has none of', async () => {
  const { text, contentType } = await create().render();
  expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const line of [
    'aire_database_up 1',
    'aire_outbox_jobs{state="ready"} 3',
    'aire_outbox_jobs{state="dead"} 2',
    'aire_outbox_oldest_due_age_seconds 12.5',
    'aire_incidents_open{severity="SEV1"} 0',
    'aire_incidents_open{severity="SEV2"} 5',
    'aire_proposals_open 4',
    'aire_mitigations{state="running"} 1',
    'aire_mitigations{state="unknown"} 0',
    'aire_self_watch_problem{problem="outbox_stuck"} 0',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).toMatch(/^aire_build_info\{version="1\.2\.3",node="[\d.]+"\} 1$/m);
});

test('while the database is away its figures are absent, not zero, and the rest is there', async () => {
  let away = false;
  const metrics = create(async () => {
    if (away) throw new Error('connection refused');
    return FIGURES;
  });
  await metrics.render();
  away = true;
  metrics.delivery('pagerduty', 'failed', 0.01);
  const { text } = await metrics.render();
  expect(text).toMatch(/^aire_database_up 0$/m);
  expect(text).toMatch(/^aire_deliveries_total\{source="pagerduty",outcome="failed"\} 1$/m);
  for (const name of [
    'aire_outbox_jobs',
    'aire_outbox_oldest_due_age_seconds',
    'aire_incidents_open',
    'aire_proposals_open',
    'aire_mitigations',
  ])
    expect(text).not.toMatch(new RegExp(`^${name}[ {]`, 'm'));
  away = false;
  expect((await metrics.render()).text).toMatch(/^aire_proposals_open 4$/m);
});

test('each bot counts for itself', async () => {
  const [one, other] = [create(), create()];
  one.slackCall('chat.postMessage', 'ok');
  one.evaluation(0.02, -5);
  one.problem('outbox_stuck', true);
  expect((await one.render()).text).toContain(
    'aire_slack_calls_total{method="chat.postMessage",outcome="ok"} 1',
  );
  expect((await one.render()).text).toContain('aire_evaluation_lag_seconds_sum 0');
  expect((await one.render()).text).toContain('aire_self_watch_problem{problem="outbox_stuck"} 1');
  expect((await other.render()).text).not.toContain('chat.postMessage');
});

test('every metric is named aire_…', () => {
  expect(
    create()
      .names()
      .filter((name) => !/^aire_[a-z_]+$/.test(name)),
  ).toEqual([]);
  expect(create().names().length).toBeGreaterThan(10);
});
