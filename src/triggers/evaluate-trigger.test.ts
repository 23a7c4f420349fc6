import { expect, test } from 'vitest';
import { z } from 'zod';
import { serviceFields } from '../services/schema.ts';
import { signalFields } from '../signals/schema.ts';
import type { Alert } from '../signals/signal.ts';
import { HOUR, MINUTE, SECOND } from '../time.ts';
import { NO_SUMS } from './baseline.ts';
import { evaluateTrigger } from './evaluate-trigger.ts';
import type { Check, Evidence } from './evidence.ts';
import { triggerFields, triggerRule } from './schema.ts';
import type { Finding } from './trigger.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);

const rule = triggerRule.parse({
  title: 'Eval score drop',
  source: '§D1',
  kind: 'model_behavior',
  slis: { task_completion_rate: { drop: '5pp' }, hallucination_rate: { rise: '5pp' } },
  severity: [{ beyond: '10pp', is: 'SEV1' }, { is: 'SEV2' }],
});
const COMPLETION = 'task_completion_rate';
const HALLUCINATION = 'hallucination_rate';

const NOTHING: Evidence = { slis: new Map(), alerts: [], reports: [] };

interface Situation {
  readonly value?: number;
  readonly baseline?: number | 'trailing' | 'none';
  readonly sli?: string;
  readonly samples?: number | 'unknown';
  readonly windowSeconds?: number | 'unknown';
  readonly at?: Date;
  readonly tier?: number;
  readonly wasFiring?: boolean;
  /** How often aire polls it, in milliseconds. */
  readonly polledEvery?: number;
}

const serviceFile = z.strictObject({ ...serviceFields, ...signalFields, ...triggerFields });

/** What the trigger says of one SLI; by default 200 samples over an hour, against a pinned baseline. */
function evaluate(situation: Situation): Finding {
  const { value, baseline = 0.95, sli = COMPLETION, tier = 1, at = NOW } = situation;
  const service = serviceFile.parse({
    service: 'support-agent',
    tier,
    owners: { team: 'ml' },
    confirm: 'exact',
    ...(situation.polledEvery === undefined
      ? {}
      : {
          sources: {
            prometheus: {
              url: 'http://prometheus',
              every: `${situation.polledEvery / SECOND}s`,
              queries: { [sli]: 'q' },
            },
          },
        }),
    baseline: typeof baseline === 'number' ? { pinned: { [sli]: baseline } } : {},
  });
  const { samples = 200, windowSeconds = 3600 } = situation;
  const check: Check = {
    value: value ?? 0,
    at,
    ...(samples === 'unknown' ? {} : { samples }),
    ...(windowSeconds === 'unknown' ? {} : { windowSeconds }),
    inIncident: false,
  };
  const sums = { measurements: 24, weighted: 0.94 * 4800, weight: 4800 };
  const findings = evaluateTrigger(
    'eval_score_drop',
    rule,
    service,
    {
      ...NOTHING,
      slis: new Map(
        value === undefined
          ? []
          : [[sli, { checks: [check], before: baseline === 'trailing' ? sums : NO_SUMS }]],
      ),
    },
    new Map(situation.wasFiring ? [[`eval_score_drop:${sli}`, { ...blank, state: 'firing' }]] : []),
    NOW,
  );
  const found = findings.find((finding) => finding.sli === sli);
  if (found === undefined) throw new Error(sli);
  return found;
}

const blank: Finding = { key: '', trigger: '', state: 'healthy', reason: '', severity: 'SEV4' };

test.each([
  ['exactly 5 points below', { value: 0.9 }, 'healthy'],
  ['a hair more than 5 points below', { value: 0.8999 }, 'firing'],
  ['a hair less', { value: 0.9001 }, 'healthy'],
  ['exactly 5 points below, with binary dust on top (0.9 - 0.85)', { value: 0.85, baseline: 0.9 }, 'healthy'],
  ['better than the baseline by 5 points and more', { value: 1, baseline: 0.9 }, 'healthy'],
  ['a rise of exactly 5 points', { sli: HALLUCINATION, value: 0.07, baseline: 0.02 }, 'healthy'],
  ['a rise of more', { sli: HALLUCINATION, value: 0.0701, baseline: 0.02 }, 'firing'],
  ['a fall of what should be low', { sli: HALLUCINATION, value: 0.01, baseline: 0.2 }, 'healthy'],
  ['it was firing and is 5 points below', { value: 0.9, wasFiring: true }, 'firing'],
  ['it was firing and is a hair more than 2.5 below', { value: 0.9249, wasFiring: true }, 'firing'],
  ['it was firing and is exactly 2.5 below', { value: 0.925, wasFiring: true }, 'healthy'],
  ['it was not firing and is 4 below', { value: 0.91 }, 'healthy'],
] as const)('%s', (_what, situation, state) => {
  expect(evaluate(situation).state).toBe(state);
});

test.each([
  [
    { value: 0.8849 },
    'firing',
    'Task completion rate 88.5 % is 6.5 points below its baseline of 95.0 % (pinned; 200 samples over 1 h). The limit is 5 points.',
  ],
  [
    { value: 0.97 },
    'healthy',
    'Task completion rate 97.0 % is 2.0 points above its baseline of 95.0 % (pinned; 200 samples over 1 h). The limit is 5 points.',
  ],
  [
    { sli: HALLUCINATION, value: 0.09, baseline: 0.02 },
    'firing',
    'Hallucination rate 9.0 % is 7.0 points above its baseline of 2.0 % (pinned; 200 samples over 1 h). The limit is 5 points.',
  ],
  [
    { sli: HALLUCINATION, value: 0.01, baseline: 0.02 },
    'healthy',
    'Hallucination rate 1.0 % is 1.0 points below its baseline of 2.0 % (pinned; 200 samples over 1 h). The limit is 5 points.',
  ],
  [
    { value: 0.88, baseline: 'trailing' },
    'firing',
    'Task completion rate 88.0 % is 6.0 points below its baseline of 94.0 % (trailing 7 days; 200 samples over 1 h). The limit is 5 points.',
  ],
  [
    { value: 0.88, samples: 'unknown', windowSeconds: 'unknown' },
    'firing',
    'Task completion rate 88.0 % is 7.0 points below its baseline of 95.0 % (pinned; sample size unknown). The limit is 5 points.',
  ],
  [{ wasFiring: true }, 'not_evaluable', 'Task completion rate: no data'],
  [
    { value: 0.5, baseline: 'none' },
    'not_evaluable',
    'Task completion rate: no baseline yet: 0 of 12 healthy measurements in 7 days',
  ],
  [{ value: 0.93, samples: 29 }, 'not_evaluable', 'Task completion rate: only 29 samples, 30 needed'],
  [{ value: 0.93, samples: 0 }, 'not_evaluable', 'Task completion rate: only 0 samples, 30 needed'],
  [
    { value: 0.5, samples: 29 },
    'suspected',
    'Task completion rate 50.0 % is 45.0 points below its baseline of 95.0 % (pinned; 29 samples over 1 h). The limit is 5 points. Suspected: 29 samples may be chance, 30 are needed.',
  ],
  [{ value: 0.5, at: ago(3 * HOUR + 1) }, 'not_evaluable', 'Task completion rate: no data for 3 h'],
] as const)('the reason in words: %j', (situation, state, reason) => {
  expect(evaluate(situation)).toMatchObject({ state, reason });
});

test.each([
  ['two hours old is fresh enough', 2 * HOUR, 'unknown', 'firing'],
  ['older is stale', 2 * HOUR + 1, 'unknown', 'not_evaluable'],
  ['a daily window may be three windows old', 72 * HOUR, 86_400, 'firing'],
  ['and no older', 72 * HOUR + 1, 86_400, 'not_evaluable'],
  ['a short window does not shorten two hours', 2 * HOUR, 60, 'firing'],
  ["a sender's clock that runs ahead is no hindrance", -4 * MINUTE, 'unknown', 'firing'],
] as const)('%s', (_what, age, windowSeconds, state) => {
  expect(evaluate({ value: 0.5, at: ago(age), windowSeconds }).state).toBe(state);
});

test('30 samples suffice, and an unknown sample size is trusted', () => {
  expect(evaluate({ value: 0.5, samples: 30 }).state).toBe('firing');
  expect(evaluate({ value: 0.5, samples: 'unknown' }).state).toBe('firing');
});

test.each([
  [0.88, 0, 'SEV2'],
  [0.88, 1, 'SEV2'],
  [0.88, 2, 'SEV3'],
  [0.88, 3, 'SEV4'],
  [0.84, 0, 'SEV1'],
  [0.84, 1, 'SEV1'],
  [0.84, 2, 'SEV2'],
  [0.84, 3, 'SEV3'],
  [0.85, 1, 'SEV2'],
  [0.8499, 1, 'SEV1'],
] as const)('at %s on tier %s it is %s', (value, tier, severity) => {
  expect(evaluate({ value, tier }).severity).toBe(severity);
});

test('a finding carries what recovery will be measured by, and its onset is the start of the window', () => {
  expect(evaluate({ value: 0.88, at: ago(5 * MINUTE) })).toMatchObject({
    key: 'eval_score_drop:task_completion_rate',
    trigger: 'eval_score_drop',
    value: 0.88,
    baseline: 0.95,
    recoveredWithin: 0.025,
    observedAt: ago(5 * MINUTE),
    onset: ago(65 * MINUTE),
  });
  expect(evaluate({ value: 0.95 })).not.toHaveProperty('onset');
});

test('an SLI that was never measured gives no finding, unless one is remembered that is not well', () => {
  const service = serviceFile.parse({ service: 'a', tier: 1, owners: { team: 'ml' } });
  const found = (...states: Finding['state'][]) =>
    evaluateTrigger(
      'eval_score_drop',
      rule,
      service,
      NOTHING,
      new Map(states.map((state) => [`eval_score_drop:${HALLUCINATION}`, { ...blank, state }])),
      NOW,
    ).map(({ sli, state, severity }) => [sli, state, severity]);
  expect(found()).toEqual([]);
  expect([...found('healthy'), ...found('not_evaluable')]).toEqual([]);
  expect(found('firing')).toEqual([[HALLUCINATION, 'not_evaluable', 'SEV2']]);
  expect(found('suspected')).toEqual([[HALLUCINATION, 'not_evaluable', 'SEV2']]);
});

const alert: Alert = {
  type: 'alert',
  id: 'a1',
  source: 'pagerduty',
  service: 'support-agent',
  labels: {},
  key: 'P1',
  status: 'firing',
  title: 'High hallucination rate',
  trigger: 'eval_score_drop',
  withoutValue: 'trust',
  at: ago(MINUTE),
  url: 'https://acme.pagerduty.com/P1',
};

function evaluateAlerts(...alerts: readonly Alert[]): readonly Finding[] {
  const service = serviceFile.parse({ service: 'support-agent', tier: 2, owners: { team: 'ml' } });
  return evaluateTrigger(
    'eval_score_drop',
    { ...rule, slis: {} },
    service,
    { ...NOTHING, alerts },
    new Map(),
    NOW,
  );
}

test('an alert that is trusted without a value fires, at the lowest severity of the rule', () => {
  expect(evaluateAlerts(alert)).toEqual([
    {
      key: 'eval_score_drop:alert:P1',
      alert: { source: 'pagerduty' },
      trigger: 'eval_score_drop',
      state: 'firing',
      severity: 'SEV3',
      observedAt: ago(MINUTE),
      onset: ago(MINUTE),
      url: 'https://acme.pagerduty.com/P1',
      reason:
        'PagerDuty alert “High hallucination rate” is firing. It stands for “Eval score drop” and carries no value; it is trusted as the service file says.',
    },
  ]);
});

test('an acknowledged alert is still firing', () => {
  expect(evaluateAlerts({ ...alert, status: 'acknowledged' })[0]?.state).toBe('firing');
});

test('an alert that is not trusted without a value says so', () => {
  const { withoutValue: _trust, ...unsaid } = alert;
  for (const each of [unsaid, { ...alert, withoutValue: 'not_evaluable' as const }]) {
    expect(evaluateAlerts(each)[0]).toMatchObject({
      state: 'not_evaluable',
      reason:
        'PagerDuty alert “High hallucination rate” is firing but carries no value to compare (without_value: not_evaluable).',
    });
  }
});

test('an alert with a value fires by its sender’s own limit', () => {
  const { withoutValue: _trust, ...unsaid } = { ...alert, value: 0.12, threshold: 0.1 };
  expect(evaluateAlerts(unsaid)[0]).toMatchObject({
    state: 'firing',
    reason:
      'PagerDuty alert “High hallucination rate” is firing: 0.12 against its limit of 0.1, as its sender measured. It stands for “Eval score drop”.',
  });
});

test('a resolved alert is healthy, whatever it is worth without a value', () => {
  expect(evaluateAlerts({ ...alert, status: 'resolved', withoutValue: 'not_evaluable' })[0]).toMatchObject({
    state: 'healthy',
    reason: 'PagerDuty alert “High hallucination rate” was resolved by its sender.',
  });
});

test('alerts of other triggers, or of none, are left alone', () => {
  const { trigger: _trigger, ...unrouted } = alert;
  expect(evaluateAlerts(unrouted, { ...alert, trigger: 'latency' })).toEqual([]);
});

test('what aire polls itself is stale after three polls, not after two hours', () => {
  const polled = { value: 0.5, windowSeconds: 60, polledEvery: MINUTE };
  expect(evaluate({ ...polled, at: ago(3 * MINUTE) }).state).toBe('firing');
  expect(evaluate({ ...polled, at: ago(3 * MINUTE + 1) }).state).toBe('not_evaluable');
  expect(evaluate({ value: 0.5, windowSeconds: 60, at: ago(3 * MINUTE + 1) }).state).toBe('firing');
});

test('what is well again, but may be so by chance, fires still and says so', () => {
  const service = serviceFile.parse({
    service: 'support-agent',
    tier: 1,
    owners: { team: 'ml' },
    baseline: { pinned: { [COMPLETION]: 0.95 } },
  });
  const found = (values: readonly number[]): Finding | undefined => {
    const checks = values.map(
      (value, index): Check => ({
        value,
        samples: 50,
        at: ago((values.length - 1 - index) * 10 * MINUTE),
        inIncident: false,
      }),
    );
    const evidence = { ...NOTHING, slis: new Map([[COMPLETION, { checks, before: NO_SUMS }]]) };
    return evaluateTrigger('eval_score_drop', rule, service, evidence, new Map(), NOW)[0];
  };
  const reason =
    'Task completion rate 94.0 % is 1.0 points below its baseline of 95.0 % (pinned; 50 samples).';
  expect(found([0.7, 0.7, 0.94])).toMatchObject({
    state: 'firing',
    reason: `${reason} The limit is 5 points. It was well in the last check, which may be chance; at most 2 more decide.`,
  });
  expect(found([0.7, 0.7, 0.94, 0.94])).toMatchObject({
    state: 'firing',
    reason: `${reason} The limit is 5 points. It was well in the last 2 checks, which may be chance; one more decides.`,
  });
  expect(found([0.7, 0.7, 0.94, 0.94, 0.94])).toMatchObject({
    state: 'healthy',
    reason: `${reason} The limit is 5 points.`,
  });
});
