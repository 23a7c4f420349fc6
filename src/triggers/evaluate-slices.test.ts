import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { serviceFields } from '../services/schema.ts';
import { signalFields } from '../signals/schema.ts';
import { DAY, HOUR, MINUTE } from '../time.ts';
import { NO_SUMS } from './baseline.ts';
import { evaluateTrigger } from './evaluate-trigger.ts';
import { type Check, type Evidence, inOrder, type SlicesEvidence } from './evidence.ts';
import { triggerFields, triggerRule } from './schema.ts';
import type { Slice } from './slice.ts';
import type { Finding } from './trigger.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const SLI = 'task_completion_rate';
const serviceFile = z.strictObject({ ...serviceFields, ...signalFields, ...triggerFields });
const aService = (over: Partial<z.input<typeof serviceFile>> = {}) =>
  serviceFile.parse({
    service: 'support-agent',
    tier: 1,
    owners: { team: 'ml' },
    baseline: { slices: ['language'] },
    ...over,
  });
const rule = triggerRule.parse({
  title: 'Eval score drop',
  source: '§D1',
  kind: 'model_behavior',
  slis: { [SLI]: { drop: '5pp' } },
  severity: [{ beyond: '10pp', is: 'SEV1' }, { is: 'SEV2' }],
});

/** 24 measurements of 200 samples each, this good on average. */
const normally = (value: number) => ({ measurements: 24, weighted: value * 4800, weight: 4800 });
const check = (value: number, over: Partial<Check> = {}): Check => ({
  value,
  at: NOW,
  samples: 200,
  inIncident: false,
  ...over,
});
const language = (value: string): Slice => ({ label: 'language', value });
type Series = SlicesEvidence['watched'][number];
const series = (slice: Slice, value: number, before = normally(0.95)): Series => ({
  sli: SLI,
  slice,
  checks: [check(value)],
  before,
});
const german = series(language('de'), 0.75);

function evaluate(
  slices: SlicesEvidence | undefined,
  {
    service = aService(),
    before = [],
    now = NOW,
  }: { service?: ReturnType<typeof aService>; before?: readonly Finding[]; now?: Date } = {},
): readonly Finding[] {
  const evidence: Evidence = {
    slis: new Map([[SLI, { checks: [check(0.94)], before: normally(0.95) }]]),
    alerts: [],
    reports: [],
    ...(slices === undefined ? {} : { slices }),
  };
  const known = new Map(before.map((each) => [each.key, each]));
  return evaluateTrigger('eval_score_drop', rule, service, evidence, known, now);
}
const states = (findings: readonly Finding[]) => findings.map(({ key, state }) => [key, state]);

describe('slices of an SLI', () => {
  it('fire by themselves: a drop in one language that the total hides', () => {
    const found = evaluate({ watched: [german, series(language('en'), 0.95)], unwatched: [] });
    expect(states(found)).toEqual([
      [`eval_score_drop:${SLI}`, 'healthy'],
      [`eval_score_drop:${SLI}{language=de}`, 'firing'],
      [`eval_score_drop:${SLI}{language=en}`, 'healthy'],
    ]);
    expect(found[1]).toMatchObject({
      sli: SLI,
      slice: language('de'),
      severity: 'SEV1',
      reason:
        'Task completion rate 75.0 % for language de is 20.0 points below its baseline of 95.0 % (trailing 7 days; 200 samples). The limit is 5 points.',
    });
  });

  it('are nothing where the service asks for none (control)', () => {
    expect(states(evaluate(undefined))).toEqual([[`eval_score_drop:${SLI}`, 'healthy']]);
  });

  it('are judged by their own baseline, by the pinned one of the SLI, and by none before there is one', () => {
    const poorAsEver = { watched: [series(language('de'), 0.75, normally(0.76))], unwatched: [] };
    expect(evaluate(poorAsEver)[1]?.state).toBe('healthy');
    const pinned = aService({ baseline: { slices: ['language'], pinned: { [SLI]: 0.95 } } });
    expect(evaluate(poorAsEver, { service: pinned })[1]?.state).toBe('firing');
    expect(evaluate({ watched: [series(language('de'), 0.75, NO_SUMS)], unwatched: [] })[1]).toMatchObject({
      state: 'not_evaluable',
      reason: 'Task completion rate for language de: no baseline yet: 0 of 12 healthy measurements in 7 days',
    });
  });

  it('are suspected where a small sample may be chance, and confirmed by several', () => {
    const small = (minutes: number) =>
      check(0.85, { samples: 40, at: new Date(NOW.getTime() - minutes * MINUTE) });
    const seen = (checks: readonly Check[]) =>
      evaluate({ watched: [{ ...german, checks }], unwatched: [] })[1]?.state;
    expect(seen([small(0)])).toBe('suspected');
    expect(seen([50, 40, 30, 20, 10, 0].map(small))).toBe('firing');
  });

  it('are of the SLIs that the trigger watches only', () => {
    const other = { ...german, sli: 'latency_p95' };
    const beyond = { sli: 'latency_p95', label: 'language', values: 3 };
    expect(evaluate({ watched: [other], unwatched: [beyond] })).toHaveLength(1);
  });

  it('say how many values are not watched', () => {
    const unwatched = [{ sli: SLI, label: 'model_version', values: 7 }];
    expect(evaluate({ watched: [german], unwatched }).at(-1)).toMatchObject({
      key: `eval_score_drop:${SLI}{model_version}`,
      state: 'not_evaluable',
      reason:
        'Task completion rate by model version: 7 more values are not watched, only the 20 measured last',
    });
  });

  it('say the same in any order and with repeats', () => {
    const history = [0.95, 0.9, 0.86, 0.82, 0.8].map((value, i) =>
      check(value, { samples: 60, at: new Date(NOW.getTime() - (4 - i) * MINUTE) }),
    );
    const played = (checks: readonly Check[]) =>
      evaluate({ watched: [{ ...german, checks: inOrder(checks) }], unwatched: [] });
    fc.assert(
      fc.property(fc.shuffledSubarray([...history, ...history], { minLength: 10 }), (shuffled) => {
        expect(played(shuffled)).toEqual(played(history));
      }),
    );
  });
});

describe('a slice that fired and is measured no more', () => {
  const fired = evaluate({ watched: [german], unwatched: [] }).filter(({ slice }) => slice !== undefined);
  const later = (ms: number) => ({ before: fired, now: new Date(NOW.getTime() + ms) });
  const NONE = { watched: [], unwatched: [] };

  it('is not evaluable, and not well', () => {
    expect(evaluate(NONE, later(3 * HOUR))[1]).toMatchObject({
      key: `eval_score_drop:${SLI}{language=de}`,
      state: 'not_evaluable',
      slice: language('de'),
      observedAt: NOW,
      reason: 'Task completion rate for language de: no data for 3 h',
    });
  });

  it('says when others pushed it out', () => {
    const unwatched = [{ sli: SLI, label: 'language', values: 1 }];
    expect(evaluate({ watched: [], unwatched }, later(MINUTE))[1]?.reason).toBe(
      'Task completion rate for language de: not among the 20 values measured last',
    );
  });

  it('is forgotten when it has been gone for as long as a baseline reaches back, or is not asked for any more', () => {
    expect(evaluate(NONE, later(7 * DAY))).toHaveLength(2);
    expect(evaluate(NONE, later(7 * DAY + 1))).toHaveLength(1);
    const service = aService({ baseline: { slices: ['tenant'] } });
    expect(evaluate(NONE, { ...later(HOUR), service })).toHaveLength(1);
  });

  it('was well: then it is forgotten at once', () => {
    const before = fired.map((each) => ({ ...each, state: 'healthy' as const }));
    expect(evaluate(NONE, { before })).toHaveLength(1);
  });
});
