import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { serviceFields } from '../services/schema.ts';
import { signalFields } from '../signals/schema.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../time.ts';
import { NO_SUMS } from './baseline.ts';
import { evaluateTrigger } from './evaluate-trigger.ts';
import { type Check, inOrder } from './evidence.ts';
import { comparator, triggerFields, triggerRule } from './schema.ts';
import type { Finding } from './trigger.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);
const serviceFile = z.strictObject({ ...serviceFields, ...signalFields, ...triggerFields });
const service = serviceFile.parse({
  service: 'a',
  tier: 1,
  owners: { team: 'ml' },
  slis: {
    blocked: { unit: 'count', better: 'lower' },
    share: { unit: 'rate', better: 'lower' },
  },
});
const ruleOf = (sli: string, spike: object = {}) =>
  triggerRule.parse({
    title: 'Blocked',
    source: '§D',
    kind: 'safety',
    slis: { [sli]: { spike } },
    severity: [{ is: 'SEV3' }],
  });

/** Counts of one window each, the newest first, up to `at`. */
function counts(values: readonly number[], window = HOUR, at = NOW): Check[] {
  return values.map((value, index) => ({
    at: new Date(at.getTime() - index * window),
    value,
    windowSeconds: window / SECOND,
    inIncident: false,
  }));
}

interface Asked {
  readonly sli?: string;
  readonly spike?: object;
  readonly before?: Finding;
  readonly now?: Date;
}

function judge(checks: readonly Check[], { sli = 'blocked', spike, before, now = NOW }: Asked = {}): Finding {
  const evidence = {
    slis: new Map([[sli, { checks: inOrder(checks), before: NO_SUMS }]]),
    alerts: [],
    reports: [],
  };
  const known = new Map(before === undefined ? [] : [[before.key, before] as const]);
  const [finding] = evaluateTrigger('t', ruleOf(sli, spike), service, evidence, known, now);
  if (finding === undefined) throw new Error('no finding');
  return finding;
}

const quiet = (hours: number): number[] => new Array<number>(hours).fill(0);
const steady = (perHour: number): number[] => new Array<number>(24).fill(perHour);

describe('a spike of counts', () => {
  it('fires where chance brings as many less than 1 time in 1000, and says so in numbers', () => {
    expect(judge(counts([9, ...steady(2)]))).toMatchObject({
      key: 't:blocked',
      state: 'firing',
      severity: 'SEV3',
      value: 9,
      baseline: 2,
      onset: ago(HOUR),
      reason:
        'Blocked 9 in 1 h; usual were 2.0 (48 in the 1 d before), so chance alone brings as many 1 time in 2422. The limit is 3, and 1 time in 1000.',
    });
    expect(judge(counts([8, ...steady(2)])).state).toBe('healthy');
    expect(judge(counts([2, ...quiet(24)])).state).toBe('healthy');
    expect(judge(counts([3, ...quiet(24)])).state).toBe('firing');
    // A ratio of the mean would call this one (control): four times the usual, and nothing but chance.
    expect(judge(counts([4, ...steady(1)])).state).toBe('healthy');
  });

  it('clears when half of what is above the usual is gone, and a good check of one count is within that', () => {
    const firing = judge(counts([9, ...steady(2)]));
    expect(judge(counts([6, ...steady(2)]), { before: firing }).state).toBe('firing');
    expect(judge(counts([5, ...steady(2)]), { before: firing }).state).toBe('healthy');
    expect(judge(counts([6, ...steady(2)])).state).toBe('healthy');
    expect(firing.recoveredWithin).toBe(3.5);
  });

  it('counts a shorter window as often as it takes, and one that overlaps once', () => {
    const minutes = counts([...new Array<number>(12).fill(1), ...quiet(24 * 12)], 5 * MINUTE);
    expect(judge(minutes).reason).toContain('Blocked 12 in 1 h; usual were 0.0 (0 in the 1 d before)');
    // The last hour, said every ten minutes.
    const sliding = Array.from(
      { length: 25 * 6 },
      (_, index): Check => ({
        at: ago(index * 10 * MINUTE),
        value: index === 0 ? 4 : 2,
        windowSeconds: 3600,
        inIncident: false,
      }),
    );
    expect(judge(sliding)).toMatchObject({
      state: 'healthy',
      reason: expect.stringContaining('Blocked 4 in 1 h; usual were 2.0 (48 in the 1 d before)'),
    });
  });

  it('takes what is not known for no time at all, and not for a time in which nothing came', () => {
    const [newest, ...history] = counts([5, ...steady(2)]);
    const half = history.filter((_, index) => index % 2 === 0);
    expect(judge([newest, ...half].filter((check) => check !== undefined)).reason).toContain(
      'usual were 2.0 (24 in the 12 h before)',
    );
  });

  it('leaves incidents out of its history, and of what fires the time since it began', () => {
    const wave = counts([9, 9, 9, 9, 9, ...steady(1).slice(4)]);
    expect(judge(wave).state).toBe('healthy');
    const inIncident = wave.map((check, index) => ({ ...check, inIncident: index < 5 }));
    expect(judge(inIncident).state).toBe('firing');
    const before = { ...judge(inIncident), onset: ago(5 * HOUR) };
    expect(judge(wave, { before })).toMatchObject({ state: 'firing', onset: ago(5 * HOUR) });
  });

  it.each([
    [[], 'Blocked: no data'],
    [counts([5]), 'Blocked: no history yet: 0 s of 3 h to hold 1 h against, outside incidents'],
    [counts([5, 0, 0]), 'Blocked: no history yet: 2 h of 3 h to hold 1 h against, outside incidents'],
    [counts([5, 0, 0, 0, 0], HOUR, ago(4 * HOUR)), 'Blocked: no data for 4 h'],
    [
      counts([5, 0, 0, 0, 0]).map(({ windowSeconds: _none, ...check }) => check),
      'Blocked: a count says nothing without the time it was counted in; send `window_s` with it',
    ],
    [counts([5, -1, 0, 0, 0]), 'Blocked: -1 is no count'],
    [counts([5, 1, 1], DAY), 'Blocked: no history yet: 1 d of 3 d to hold 1 d against, outside incidents'],
  ] as const)('says why it can not be evaluated (%#)', (checks, reason) => {
    expect(judge(checks)).toMatchObject({ state: 'not_evaluable', reason });
  });

  it('has enough history with three hours, and of a day with a longer `against`', () => {
    expect(judge(counts([5, 0, 0, 0])).state).toBe('firing');
    expect(judge(counts([5, 1, 1, 1], DAY), { spike: { against: '7d' } }).state).toBe('healthy');
  });

  it('is one of counts only', () => {
    expect(judge(counts([0.5, ...quiet(24)]), { sli: 'share' })).toMatchObject({
      state: 'not_evaluable',
      reason: 'Share: a spike is one of counts, and its unit is rate',
    });
    expect(() => comparator.parse({ spike: {}, for: '5m' })).toThrow('leave out `for` and `hold`');
    expect(() => comparator.parse({ spike: {}, above: 3 })).toThrow('compare by one of');
  });

  it('says the same in any order and with repeats', () => {
    const all = counts([9, 3, ...steady(2)]);
    const once = judge(all);
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect(judge([...shuffled, ...shuffled.slice(0, 5)])).toEqual(once);
      }),
      { numRuns: 30 },
    );
  });
});
