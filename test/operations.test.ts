import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createMetrics } from '../src/adapters/metrics/metrics.ts';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const read = (name: string): string => readFileSync(path(name), 'utf8');

const names = createMetrics({
  version: '0',
  figures: () => Promise.reject(new Error('no database')),
  problems: [],
}).names();
const namedIn = (text: string): string[] => [...new Set(text.match(/\baire_[a-z_]+/g) ?? [])].sort();
/** A histogram is asked for by its parts. */
const unknown = (expression: string): string[] =>
  namedIn(expression).filter((name) => !names.includes(name.replace(/_(bucket|sum|count)$/, '')));

const alerts = z
  .object({
    groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
  })
  .parse(parse(read('operations/alerts.yml')))
  .groups.flatMap((group) => group.rules);
const dashboard = z
  .object({
    panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
  })
  .parse(JSON.parse(read('operations/grafana-dashboard.json')));
const queries = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => ({ title, expr })),
);

it.each(alerts)('the alert $alert asks for metrics that exist', ({ expr }) => {
  expect(unknown(expr)).toEqual([]);
});

it.each(queries)('the panel "$title" asks for metrics that exist', ({ expr }) => {
  expect(unknown(expr)).toEqual([]);
  expect(namedIn(expr)).toHaveLength(1);
});

it('finds a metric that does not exist (control)', () => {
  expect(unknown('rate(aire_deliveries_total[5m]) / aire_nonsense_seconds_bucket')).toEqual([
    'aire_nonsense_seconds_bucket',
  ]);
});

it('the dashboard shows every metric, and README lists them all', () => {
  const asked = queries.flatMap(({ expr }) => namedIn(expr)).map((name) => name.replace(/_bucket$/, ''));
  expect([...new Set(asked)].sort()).toEqual([...names].sort());
  const rows = read('README.md').match(/^\| `aire_[a-z_]+` \|/gm) ?? [];
  expect(rows.map((row) => row.slice(3, -3)).sort()).toEqual([...names].sort());
});

const promtool = spawnSync('promtool', ['--version']).error === undefined;
describe.skipIf(!promtool && process.env.CI === undefined)('promtool, which comes with prometheus', () => {
  it('accepts the alert rules', () => {
    const { status, stdout, stderr } = spawnSync(
      'promtool',
      ['check', 'rules', path('operations/alerts.yml')],
      { encoding: 'utf8' },
    );
    expect(`${stdout}${stderr}`).toContain(`${alerts.length} rules found`);
    expect(status).toBe(0);
  });
});
