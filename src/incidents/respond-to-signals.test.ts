import { expect, test } from 'vitest';
import type { Alert, Change, Example, Report } from '../signals/signal.ts';
import { HOUR } from '../time.ts';
import { NO_SUMS } from '../triggers/baseline.ts';
import type { Check } from '../triggers/evidence.ts';
import { declareIncident } from './declare-incident.ts';
import { respondToSignals } from './respond-to-signals.ts';
import { after, anIncident, aService, incidentDeps, NOW } from './test-builders.ts';

const base = { source: 'ci', service: 'support-agent', labels: {} } as const;

/** One value a minute from {@link NOW} on. */
const completions = (values: readonly number[]): Check[] =>
  values.map((value, minute) => ({
    value,
    samples: 200,
    windowSeconds: 3600,
    at: after(minute),
    inIncident: false,
  }));

/** A service whose completion rate is measured against a baseline of 95 %. */
function measured(value: number, declare: 'auto' | 'propose' = 'auto') {
  const deps = incidentDeps(
    aService({ declare, baseline: { pinned: { task_completion_rate: 0.95, refusal_rate: 0.02 } } }),
  );
  const values: number[] = [];
  const measure = (next: number) => {
    values.push(next);
    deps.store.evidenceIs({
      slis: new Map([['task_completion_rate', { checks: completions(values), before: NO_SUMS }]]),
    });
  };
  measure(value);
  return { deps, store: deps.store, measure, respond: () => respondToSignals(deps, 'support-agent') };
}

test('a drop declares one incident, however often it is evaluated', async () => {
  const { store, respond } = measured(0.88);
  await respond();
  await respond();
  expect(store.incidents.all()).toMatchObject([
    { number: 1, severity: 'SEV2', startedAt: after(-60), fired: { value: 0.88, baseline: 0.95 } },
  ]);
  expect(store.saves).toEqual(['saved']);
});

test('no drop, no incident', async () => {
  const { store, respond } = measured(0.91);
  await respond();
  expect(store.incidents.all()).toEqual([]);
});

test('two replicas evaluating at the same moment: one incident; the slower one decides again', async () => {
  const { store, respond } = measured(0.88);
  await Promise.all([respond(), respond()]);
  expect(store.incidents.all()).toHaveLength(1);
  expect(store.entries.map((entry) => entry.kind)).toEqual(['declared']);
  expect(store.saves).toEqual(['saved', 'conflict']);
});

test('two replicas that see it get worse at the same moment, and a replay: raised and said once', async () => {
  const { store, measure, respond } = measured(0.88);
  await respond();
  measure(0.8);
  await Promise.all([respond(), respond()]);
  await respond();
  expect(store.incidents.all()).toMatchObject([{ severity: 'SEV1' }]);
  expect(store.entries.map((entry) => entry.kind)).toEqual(['declared', 'severity_changed']);
  expect(store.saves).toEqual(['saved', 'saved', 'conflict']);
});

test('two replicas proposing at the same moment: one question', async () => {
  const { store, respond } = measured(0.88, 'propose');
  await Promise.all([respond(), respond()]);
  expect(store.proposals.all()).toHaveLength(1);
  expect(store.saves).toEqual(['saved', 'conflict']);
});

test('a person declares while the trigger fires: one incident, and the signal attaches to it', async () => {
  const { deps, store, respond } = measured(0.88);
  await Promise.all([
    declareIncident(deps, {
      service: 'support-agent',
      title: 'Bad answers',
      kind: 'model_behavior',
      severity: 'SEV3',
      by: 'U_ANA',
      onceKey: 'c1',
    }),
    respond(),
  ]);
  expect(store.incidents.all()).toMatchObject([
    { title: 'Bad answers', severity: 'SEV2', findings: ['eval_score_drop:task_completion_rate'] },
  ]);
  expect(store.saves).toContain('conflict');
});

test('what was firing clears only at half the threshold, and not by one check that may be chance', async () => {
  const { store, measure, respond } = measured(0.88);
  await respond();
  measure(0.92);
  await respond();
  expect(store.entries.map((entry) => entry.kind)).toEqual(['declared']);
  for (const _each of [1, 2]) {
    measure(0.925);
    await respond();
    expect(store.entries.map((entry) => entry.kind)).toEqual(['declared']);
  }
  measure(0.925);
  await respond();
  expect(store.entries.map((entry) => entry.kind)).toEqual(['declared', 'signal_recovered']);
});

test('a service without a file is left alone', async () => {
  const { deps, store } = measured(0.5);
  await respondToSignals(deps, 'other');
  expect(store.saves).toEqual([]);
});

const change = (over: Partial<Change>): Change => ({
  ...base,
  type: 'change',
  id: 'c1',
  what: 'model',
  from: 'v41',
  to: 'v42',
  at: after(-30),
  ...over,
});

/** An open incident that started 20 minutes ago, and was detected 10 minutes ago. */
function incidentWith(...signals: readonly (Change | Example | Report | Alert)[]) {
  const made = measured(0.95);
  made.store.incidents.seed(anIncident());
  made.store.arrive(...signals);
  return made;
}

test('changes set the facts: the version before the onset is the one to go back to', async () => {
  const { store, respond } = incidentWith(change({ by: 'ana', url: 'https://ci.example/1' }));
  await respond();
  expect(store.incidents.get('inc_a')?.facts).toMatchObject({
    current_model: { value: 'v42', from: 'signal:ci' },
    previous_good_model: { value: 'v41', from: 'signal:ci' },
  });
  expect(store.entries).toMatchObject([
    {
      kind: 'change_seen',
      text: 'Model v41 → v42 by ana',
      at: after(-30),
      actor: { kind: 'system', name: 'ci' },
      url: 'https://ci.example/1',
      data: { what: 'model', from: 'v41', to: 'v42' },
    },
  ]);
});

test('a rollback that arrives as a change does not become what was good before', async () => {
  const { store, respond } = incidentWith(change({}));
  await respond();
  store.arrive(change({ id: 'c2', from: 'v42', to: 'v41', at: after(5) }));
  await respond();
  expect(store.incidents.get('inc_a')?.facts).toMatchObject({
    current_model: { value: 'v41' },
    previous_good_model: { value: 'v41' },
  });
});

test('a signal is on the timeline once, also when two replicas write it', async () => {
  const { store, respond } = incidentWith(change({}));
  await Promise.all([respond(), respond()]);
  await respond();
  expect(store.entries).toHaveLength(1);
});

test('background from long before the onset is listed, not announced', async () => {
  const { store, respond } = incidentWith(
    change({ id: 'old', at: new Date(after(-20).getTime() - HOUR - 1) }),
  );
  await respond();
  expect(store.entries).toHaveLength(1);
  expect(store.jobs.map((job) => job.kind)).not.toContain('incident.say');
  store.arrive(change({ id: 'new', at: new Date(after(-20).getTime() - HOUR) }));
  await respond();
  expect(store.jobs.filter((job) => job.kind === 'incident.say')).toHaveLength(1);
});

test('changes of more than a day before the onset are not what moved', async () => {
  const { store, respond } = incidentWith(change({ at: new Date(after(-20).getTime() - 24 * HOUR - 1) }));
  await respond();
  expect(store.entries).toEqual([]);
});

const alert: Alert = {
  ...base,
  source: 'pagerduty',
  type: 'alert',
  id: 'a1',
  key: 'P1',
  status: 'acknowledged',
  title: 'Hallucinations',
  at: after(-2),
};

test.each([
  [after(-2), after(-2)],
  [after(-15), after(-5)],
])('an acknowledgement at PagerDuty at %s acknowledges, not before the declaration', async (at, expected) => {
  const { store, respond } = incidentWith({ ...alert, at });
  await respond();
  expect(store.incidents.get('inc_a')?.acknowledgedAt).toEqual(expected);
  expect(store.entries[0]?.text).toBe('Alert “Hallucinations” is acknowledged at PagerDuty');
});

test('reports and examples are kept, clipped, and not announced', async () => {
  const { store, respond } = incidentWith(
    { ...base, type: 'report', id: 'r1', category: 'hallucination', text: 'x'.repeat(300), at: NOW },
    {
      ...base,
      type: 'example',
      id: 'x1',
      input: 'Refund?',
      output: 'No.',
      failure: 'hallucination',
      at: NOW,
    },
    { ...base, type: 'report', id: 'r2', category: 'slow', at: NOW },
  );
  await respond();
  expect(store.entries.map((entry) => entry.text)).toEqual([
    `User report (hallucination): ${'x'.repeat(199)}…`,
    'Example captured (hallucination): Refund?',
    'User report (slow)',
  ]);
  expect(store.jobs.map((job) => job.kind)).not.toContain('incident.say');
});
