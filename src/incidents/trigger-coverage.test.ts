import { expect, test } from 'vitest';
import { NO_SUMS } from '../triggers/baseline.ts';
import { evaluateTrigger } from '../triggers/evaluate-trigger.ts';
import type { Check, Evidence } from '../triggers/evidence.ts';
import { triggerRule } from '../triggers/schema.ts';
import { after, aService, NOW } from './test-builders.ts';
import { neverEvaluable, triggerCoverage } from './trigger-coverage.ts';
import type { WatchedFinding } from './watch.ts';

const common = { source: '§D', kind: 'model_behavior', severity: [{ is: 'SEV2' }] };
const SLO = { dimension: 'cognitive_accuracy', at_least: '80%' } as const;
const triggers = {
  score: triggerRule.parse({
    ...common,
    title: 'Score',
    slis: { task_completion_rate: { drop: '5pp' }, refusal_rate: { rise: '5pp' } },
  }),
  retrieval: triggerRule.parse({
    ...common,
    title: 'Retrieval',
    slis: { retrieval_precision: { below: 'slo' } },
  }),
};
const finding = (over: Partial<WatchedFinding>): WatchedFinding => ({
  key: `score:${over.sli ?? 'task_completion_rate'}`,
  trigger: 'score',
  state: 'healthy',
  reason: 'because',
  severity: 'SEV2',
  since: NOW,
  sli: 'task_completion_rate',
  value: 0.95,
  observedAt: after(-5),
  freshUntil: after(115),
  ...over,
});
const coverage = (...findings: WatchedFinding[]) =>
  triggerCoverage(triggers, aService(), Object.fromEntries(findings.map((each) => [each.key, each])), NOW)[0];

test('a trigger is live when one thing it looks at is, and says for the other why not', () => {
  expect(coverage(finding({}))).toEqual({
    trigger: 'score',
    title: 'Score',
    state: 'live',
    says: ['Task completion rate 95.0 %, 5 min ago', 'Refusal rate: no data'],
  });
});

test('of a service that was never evaluated it says that nothing has arrived', () => {
  expect(coverage()?.says).toEqual(['nothing has arrived for this service yet']);
});

test.each([
  [finding({ freshUntil: after(0) }), 'live'],
  [finding({ freshUntil: after(-1) }), 'silent'],
  [finding({ state: 'not_evaluable' }), 'not_evaluable'],
  [finding({ trigger: 'other' }), 'not_evaluable'],
] as const)('%j is %s', (found, state) => {
  expect(coverage(found)?.state).toBe(state);
});

test('slices are counted by their label; only what is not well, and one that can not be judged, is named', () => {
  const slice = (value: string, over: Partial<WatchedFinding>) =>
    finding({ key: `score:${value}`, slice: { label: 'model_version', value }, ...over });
  const unjudged = (value: string) =>
    slice(value, { state: 'not_evaluable', reason: `Task completion rate for model version ${value}: why` });
  const found = [
    finding({}),
    slice('v41', {}),
    slice('v42', { state: 'firing', value: 0.7 }),
    ...['v43', 'v44', 'v45'].map(unjudged),
  ];
  expect(coverage(...found)?.says).toEqual([
    'Task completion rate 95.0 %, 5 min ago',
    'Task completion rate by model version: 2 of 5 values judged',
    'Task completion rate for model version v42 70.0 %, 5 min ago (firing)',
    'Task completion rate for model version v43: why (and 2 more)',
    'Refusal rate: no data',
  ]);
});

/** What the last evaluation found of a check of this window, and what coverage says so much later. */
function later(hours: number, check: Partial<Check>, sources: object = {}) {
  const service = aService({ slos: { retrieval_precision: SLO }, sources });
  const checks = [{ at: NOW, value: 0.9, samples: 100, inIncident: false, ...check }];
  const evidence: Evidence = {
    slis: new Map([['retrieval_precision', { checks, before: NO_SUMS }]]),
    alerts: [],
    reports: [],
  };
  const at = (now: Date) =>
    evaluateTrigger('retrieval', triggers.retrieval, service, evidence, new Map(), now);
  const now = after(hours * 60);
  const known = Object.fromEntries(at(NOW).map((each) => [each.key, { ...each, since: NOW }]));
  const { retrieval } = triggers;
  return {
    coverage: triggerCoverage({ retrieval }, service, known, now)[0]?.state,
    evaluation: at(now)[0]?.state,
  };
}

const WEEKLY = { windowSeconds: 7 * 24 * 3600 };
const polled = (every: string) => ({
  prometheus: { url: 'http://prometheus', every, queries: { retrieval_precision: 'q' } },
});

test.each([
  ['sent without a window', 2, {}, {}],
  ['a window of a day', 3 * 24, { windowSeconds: 24 * 3600 }, {}],
  ['a weekly audit', 3 * 7 * 24, WEEKLY, {}],
  ['polled every hour', 3, {}, polled('1h')],
  ['polled every minute', 0.05, {}, polled('1m')],
])('%s is live for as long as the evaluation judges it, and silent after', (_name, hours, check, sources) => {
  expect(later(hours, check, sources)).toEqual({ coverage: 'live', evaluation: 'healthy' });
  expect(later(hours + 0.01, check, sources)).toEqual({ coverage: 'silent', evaluation: 'not_evaluable' });
});

test('an SLI that nobody says how long it holds for is not live', () => {
  const { freshUntil: _until, ...old } = finding({});
  expect(coverage(old)?.state).toBe('silent');
});

test('a trigger that compares with an SLO that is not there can never be evaluated', () => {
  const without = aService();
  const slos = { retrieval_precision: SLO };
  const alert = { from: 'pagerduty', match: { title: '*' }, trigger: 'retrieval' } as const;
  expect(neverEvaluable(triggers, without)).toEqual([
    { trigger: 'retrieval', why: 'there is no SLO for retrieval_precision; add it under slos' },
  ]);
  expect(neverEvaluable(triggers, aService({ slos }))).toEqual([]);
  expect(neverEvaluable(triggers, aService({ sources: { alerts: [alert] } }))).toEqual([]);
});
