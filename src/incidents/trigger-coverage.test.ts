import { expect, test } from 'vitest';
import { triggerRule } from '../triggers/schema.ts';
import { after, aService, NOW } from './test-builders.ts';
import { neverEvaluable, triggerCoverage } from './trigger-coverage.ts';
import type { WatchedFinding } from './watch.ts';

const common = { source: '§D', kind: 'model_behavior', severity: [{ is: 'SEV2' }] };
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
  ...over,
});
const coverage = (...findings: WatchedFinding[]) =>
  triggerCoverage(triggers, aService(), Object.fromEntries(findings.map((each) => [each.key, each])), NOW)[0];

test('a trigger is live when one thing it looks at is, and says for the other why not', () => {
  const missing = finding({ sli: 'refusal_rate', state: 'not_evaluable', reason: 'Refusal rate: no data' });
  expect(coverage(finding({}), missing)).toEqual({
    trigger: 'score',
    title: 'Score',
    state: 'live',
    says: ['Task completion rate 95.0 %, 5 min ago', 'Refusal rate: no data'],
  });
});

test.each([
  [finding({ observedAt: after(-119) }), 'live'],
  [finding({ observedAt: after(-121) }), 'silent'],
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
  ]);
});

test('a trigger that compares with an SLO that is not there can never be evaluated', () => {
  const without = aService();
  const slos = { retrieval_precision: { dimension: 'cognitive_accuracy', at_least: '80%' } } as const;
  const alert = { from: 'pagerduty', match: { title: '*' }, trigger: 'retrieval' } as const;
  expect(neverEvaluable(triggers, without)).toEqual([
    { trigger: 'retrieval', why: 'there is no SLO for retrieval_precision; add it under slos' },
  ]);
  expect(neverEvaluable(triggers, aService({ slos }))).toEqual([]);
  expect(neverEvaluable(triggers, aService({ sources: { alerts: [alert] } }))).toEqual([]);
});
