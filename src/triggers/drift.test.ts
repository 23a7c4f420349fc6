import { describe, expect, it, test } from 'vitest';
import { chiSquareTail, meanShiftOf, normalTail, pooled, shiftOf } from './drift.ts';

describe('the population stability index', () => {
  it('is that of the textbook for large counts', () => {
    // (0.6 − 0.5) ln(0.6 / 0.5) + (0.4 − 0.5) ln(0.4 / 0.5)
    expect(shiftOf({ a: 600_000, b: 400_000 }, { a: 500_000, b: 500_000 }).psi).toBeCloseTo(0.040547, 5);
  });

  it('takes a bucket for a bucket whatever its name', () => {
    expect(shiftOf({ constructor: 50, a: 50 }, { a: 100 }).psi).toBeGreaterThan(0.25);
    expect(shiftOf({ a: 100 }, { toString: 50, a: 50 }).psi).toBeGreaterThan(0.25);
  });

  it('is nothing for equal shares, and finite for a bucket that is new or gone', () => {
    expect(shiftOf({ a: 50, b: 50 }, { a: 5000, b: 5000 }).psi).toBe(0);
    expect(shiftOf({ a: 50, b: 50 }, { a: 5000, b: 5000 }).chance).toBeGreaterThan(0.9);
    const { psi, moved } = shiftOf({ a: 50, c: 50 }, { a: 5000, b: 5000 });
    expect(psi).toBeGreaterThan(2);
    expect(psi).toBeLessThan(20);
    expect(moved.map(({ bucket }) => bucket)).toEqual(['c', 'b', 'a']);
    expect(moved[0]).toEqual({ bucket: 'c', from: 0, to: 0.5 });
  });
});

test.each([
  [0, 0.5],
  [1.959964, 0.025],
  [3.090232, 0.001],
  [-1.959964, 0.975],
])('the normal tail beyond %f is %f', (z, expected) => {
  expect(normalTail(z)).toBeCloseTo(expected, 6);
});

test.each([
  [9, 27.877, 0.001],
  [1, 10.828, 0.001],
  [4, 9.488, 0.05],
])('the tail of χ² with %i degrees of freedom beyond %f is about %f', (freedom, value, expected) => {
  expect(chiSquareTail(value, freedom) / expected).toBeGreaterThan(0.8);
  expect(chiSquareTail(value, freedom) / expected).toBeLessThan(1.25);
});

describe('means', () => {
  it('are compared by Welch', () => {
    const usual = { mean: 300, sd: 100, count: 10_000 };
    expect(meanShiftOf({ mean: 310, sd: 100, count: 100 }, usual)).toMatchObject({ effect: 0.1 });
    expect(meanShiftOf({ mean: 310, sd: 100, count: 100 }, usual).chance).toBeCloseTo(0.3197, 3);
    expect(meanShiftOf({ mean: 300, sd: 90, count: 100 }, usual)).toEqual({ effect: 0, chance: 1 });
  });

  it('of several windows are those of all their observations', () => {
    const values = [1, 2, 3, 10, 20, 30, 40];
    const summary = (of: readonly number[]) => {
      const mean = of.reduce((sum, value) => sum + value, 0) / of.length;
      const sd = Math.sqrt(of.reduce((sum, value) => sum + (value - mean) ** 2, 0) / of.length);
      return { mean, sd, count: of.length };
    };
    const all = pooled([summary(values.slice(0, 3)), summary(values.slice(3))]);
    expect(all.mean).toBeCloseTo(summary(values).mean, 9);
    expect(all.sd).toBeCloseTo(summary(values).sd, 9);
  });
});

test('small windows of one mix are above 0.25 often, and hardly ever beyond chance', () => {
  const shares = Array.from({ length: 20 }, (_, i) => 1 / 2 ** Math.min(i + 1, 6));
  const sum = shares.reduce((a, b) => a + b, 0);
  let state = 5;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const sample = (size: number) => {
    const counts: Record<string, number> = {};
    for (let n = 0; n < size; n++) {
      let left = random() * sum;
      const index = shares.findIndex((share) => {
        left -= share;
        return left < 0;
      });
      counts[`b${index}`] = (counts[`b${index}`] ?? 0) + 1;
    }
    return counts;
  };
  const usual = sample(20_000);
  const windows = Array.from({ length: 1000 }, () => shiftOf(sample(60), usual));
  expect(windows.filter(({ psi }) => psi > 0.25).length).toBeGreaterThan(200);
  expect(windows.filter(({ psi, chance }) => psi > 0.25 && chance < 0.001).length).toBeLessThan(10);
});
