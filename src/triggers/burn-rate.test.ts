import { describe, expect, it, test } from 'vitest';
import { DAY, HOUR, MINUTE } from '../time.ts';
import { budgetOf, burnOf } from './burn-rate.ts';
import type { Sums } from './evidence.ts';
import { type BurnRule, triggerRule } from './schema.ts';

const documented = triggerRule.parse({
  title: 'SLO burn',
  source: '§D8',
  kind: 'unknown',
  burn_rate: {},
  severity: [{ is: 'SEV4' }],
}).burn_rate;
if (documented === undefined) throw new Error('the documented windows are the default');
const SLO = { at_least: 0.999 };

/** Answers at moments in order, and how many of them up to each were good. */
interface Stream {
  readonly at: readonly number[];
  readonly good: readonly number[];
  readonly total: readonly number[];
}

/** Looks at a stream at each of its measurements; every `sums` slides along with it. */
function* looks({ at, good, total }: Stream, rule: BurnRule) {
  const lengths = [...new Set(rule.windows.flatMap(({ over, and }) => [over, and]))];
  const starts = lengths.map(() => -1);
  for (const [index, now] of at.entries()) {
    const sums = lengths.map((length, which): [number, Sums] => {
      let from = starts[which] ?? -1;
      while ((at[from + 1] ?? now) <= now - length) from++;
      starts[which] = from;
      return [
        length,
        {
          weighted: (good[index] ?? 0) - (good[from] ?? 0),
          weight: (total[index] ?? 0) - (total[from] ?? 0),
        },
      ];
    });
    yield { now, sums: new Map(sums) };
  }
}

const fires = (rule: BurnRule, sums: ReadonlyMap<number, Sums>): boolean =>
  rule.windows.some((pair) => burnOf(rule, pair, SLO, { windows: sums }, false).fires);

function streamOf(counts: readonly (readonly [at: number, good: number, total: number])[]): Stream {
  const sumUpTo = (of: 1 | 2): number[] => {
    let sum = 0;
    return counts.map((each) => {
      sum += each[of];
      return sum;
    });
  };
  return { at: counts.map(([at]) => at), good: sumUpTo(1), total: sumUpTo(2) };
}

test.each([1, 2, 6, 14.4, 100, 1000])(
  'a burn of %f is found within a minute of factor × window ÷ burn',
  (burn) => {
    const perMinute = 10_000;
    const bad = burn * budgetOf(SLO) * perMinute;
    const counts = Array.from({ length: 2 * 3 * 24 * 60 + 2 }, (_, minute) => {
      const begun = minute > 3 * 24 * 60;
      return [minute * MINUTE, perMinute - (begun ? bad : 0), perMinute] as const;
    });
    const began = 3 * DAY;
    let found: number | undefined;
    for (const { now, sums } of looks(streamOf(counts), documented)) {
      if (fires(documented, sums)) {
        found = now - began;
        break;
      }
    }
    const expected = Math.min(
      ...documented.windows.flatMap(({ factor, over }) => (factor <= burn ? [(factor * over) / burn] : [])),
    );
    expect(found).toBeGreaterThanOrEqual(expected);
    expect(found).toBeLessThan(expected + MINUTE);
  },
);

describe('quiet traffic, one failed request a day', () => {
  /** 24 requests a day at any time of it, one of which fails: 4 % bad, 42 times what the SLO allows. */
  function quietDays(days: number): Stream {
    let state = 11;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    return streamOf(
      Array.from({ length: days }, (_, day) => {
        const failed = Math.floor(random() * 24);
        return Array.from({ length: 24 }, (_, n) => {
          const at = day * DAY + n * HOUR + Math.floor(random() * HOUR);
          return [at, n === failed ? 0 : 1, 1] as const;
        });
      }).flat(),
    );
  }
  const declarations = (rule: BurnRule): number => {
    let count = 0;
    for (const { sums } of looks(quietDays(10_000), rule)) if (fires(rule, sums)) count++;
    return count;
  };

  it('never fires in 10,000 days', () => {
    expect(declarations(documented)).toBe(0);
  });

  it('would without a minimum of bad answers (control)', () => {
    expect(declarations({ ...documented, min_bad: 1 })).toBeGreaterThan(10_000);
  });
});

describe('a pair of windows', () => {
  const pair = { factor: 14.4, over: HOUR, and: 5 * MINUTE };
  const sums = (long: readonly [number, number], short: readonly [number, number]) =>
    new Map([
      [pair.over, { weighted: long[1] - long[0], weight: long[1] }],
      [pair.and, { weighted: short[1] - short[0], weight: short[1] }],
    ]);
  const of = (windows: ReadonlyMap<number, Sums>, wasFiring = false) =>
    burnOf(documented, pair, SLO, { windows }, wasFiring);

  it('fires at its factor over both, not over one of them', () => {
    expect(of(sums([144, 10_000], [12, 800])).fires).toBe(true);
    expect(of(sums([143, 10_000], [12, 800])).fires).toBe(false);
    expect(of(sums([144, 10_000], [11, 800])).fires).toBe(false);
  });

  it('clears when the short window is below half the factor, whatever the long one remembers', () => {
    expect(of(sums([500, 10_000], [72, 10_000]), true).fires).toBe(true);
    expect(of(sums([500, 10_000], [71, 10_000]), true).fires).toBe(false);
    expect(of(sums([10, 10_000], [72, 10_000]), true).fires).toBe(true);
    expect(of(sums([10, 10_000], [72, 10_000]), false).fires).toBe(false);
  });

  it('counts what is answered as answers, but not as bad', () => {
    const windows = sums([500, 10_000], [72, 10_000]);
    const without = (bad: number) =>
      burnOf(
        documented,
        pair,
        SLO,
        { windows, answered: { until: new Date(0), windows: sums([bad, bad], [0, 0]) } },
        false,
      );
    expect(without(356)).toMatchObject({ long: 14.4, bad: 144, samples: 10_000 });
    expect(without(357)).toMatchObject({ long: 14.3, bad: 143, samples: 10_000 });
    expect(without(500)).toMatchObject({ long: 0, bad: 0, fires: false });
  });

  it('counts what is bad on the side of its SLO', () => {
    const windows = new Map([
      [pair.over, { weighted: 30, weight: 100 }],
      [pair.and, { weighted: 30, weight: 100 }],
    ]);
    expect(burnOf(documented, pair, { at_most: 0.02 }, { windows }, false)).toMatchObject({
      fires: true,
      long: 15,
      bad: 30,
    });
  });
});
