import { describe, expect, it, test } from 'vitest';
import { HOUR, MINUTE } from '../time.ts';
import { burnOf } from './burn-rate.ts';
import type { Sums } from './evidence.ts';
import { delayOf, documented, firesOnQuietDays, SLO } from './test-builders.ts';

test.each([1, 2, 6, 14.4, 100, 1000])(
  'a burn of %f is found within a minute of factor × window ÷ burn',
  (burn) => {
    const { found, expected } = delayOf(burn);
    expect(found).toBeGreaterThanOrEqual(expected);
    expect(found).toBeLessThan(expected + MINUTE);
  },
);

describe('quiet traffic, one failed request a day', () => {
  it('never fires in 10,000 days', () => {
    expect(firesOnQuietDays(documented, 10_000)).toBe(0);
  });

  it('would without a minimum of bad answers (control)', () => {
    expect(firesOnQuietDays({ ...documented, min_bad: 1 }, 10_000)).toBeGreaterThan(10_000);
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
