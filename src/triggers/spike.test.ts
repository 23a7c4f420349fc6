import { describe, expect, it, test } from 'vitest';
import { HOUR } from '../time.ts';
import { binomialTail, fewestUnusual, spikeOf } from './spike.ts';

const RULE = { at_least: 3, within: HOUR, against: 24 * HOUR, p: 0.001 };
const DAY_TO_HOUR = 1 / 25;

describe('the chance of so many or more', () => {
  it.each([
    [5, 3, 0.5, 0.5],
    [10, 8, 0.5, 56 / 1024],
    [20, 3, 0.1, 0.3230731734],
    [3, 3, 1 / 25, 1 / 15625],
    [4, 0, 0.2, 1],
    [50, 5, 0.04, 0.0489714],
  ])('%i trials, %i of chance %f: %f', (trials, successes, each, expected) => {
    expect(binomialTail(trials, successes, each)).toBeCloseTo(expected, 6);
  });

  it('neither underflows nor leaves 0–1 for thousands', () => {
    expect(binomialTail(5000, 100, 0.5)).toBe(1);
    expect(binomialTail(5000, 2500, 0.5)).toBeCloseTo(0.5056, 4);
    expect(binomialTail(5000, 4000, 0.5)).toBe(0);
  });

  it('counts millions as exactly, and at once', () => {
    expect(binomialTail(2_000_000, 1_000_000, 0.5)).toBeCloseTo(0.500282, 5);
    expect(
      fewestUnusual({ ...RULE, at_least: 3 }, { recent: 0, before: 24_000_000, share: DAY_TO_HOUR }),
    ).toBe(1_003_157);
  });

  it('finds the fewest that are unusual, which one fewer is not', () => {
    for (const before of [0, 1, 7, 48, 1000]) {
      const counts = { recent: 0, before, share: DAY_TO_HOUR };
      const fewest = fewestUnusual(RULE, counts);
      expect(binomialTail(fewest + before, fewest, counts.share)).toBeLessThan(RULE.p);
      if (fewest > RULE.at_least)
        expect(binomialTail(fewest - 1 + before, fewest - 1, counts.share)).toBeGreaterThanOrEqual(RULE.p);
    }
  });

  it('falls with every one more, and all chances sum to one', () => {
    const tails = Array.from({ length: 42 }, (_, k) => binomialTail(40, k, 0.04));
    for (let k = 1; k < tails.length; k++) expect(tails[k]).toBeLessThanOrEqual(tails[k - 1] ?? 0);
    expect(tails[0]).toBe(1);
    expect(tails[41]).toBe(0);
  });
});

/** Numbers 0–1, the same on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The share of looks at a healthy stream, one at each report, that call it a spike. */
function falseAlarms(perHour: number, isSpike: (recent: number, before: number) => boolean): number {
  const random = seeded(7);
  const times: number[] = [];
  let at = 0;
  while (times.length < 20_000) {
    at += (-Math.log(1 - random()) / perHour) * HOUR;
    times.push(at);
  }
  let looks = 0;
  let alarms = 0;
  let since = 0;
  let from = 0;
  times.forEach((now, index) => {
    while ((times[since] ?? now) <= now - HOUR) since++;
    while ((times[from] ?? now) <= now - 25 * HOUR) from++;
    if (now < 25 * HOUR) return;
    looks++;
    if (isSpike(index + 1 - since, since - from)) alarms++;
  });
  return alarms / looks;
}

test('on healthy streams it is rare; three times the usual is not (control)', () => {
  for (const perHour of [0.1, 1, 5]) {
    const tested = falseAlarms(
      perHour,
      (recent, before) => spikeOf(RULE, { recent, before, share: DAY_TO_HOUR }, false).fires,
    );
    const naive = falseAlarms(perHour, (recent, before) => recent >= 3 && recent > (3 * before) / 24);
    expect(tested).toBeLessThan(0.005);
    if (perHour === 1) expect(naive).toBeGreaterThan(10 * tested);
  }
});
