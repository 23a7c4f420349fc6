import { expect, test } from 'vitest';
import { type OnsetShape, onsetShape } from './onset-shape.ts';
import type { Tally } from './sequential.ts';

const NORMAL = 0.05;
const tallies = (rates: readonly number[], samples = 200): Tally[] =>
  rates.map((rate) => ({ bad: rate * samples, samples }));
const healthy = Array<number>(8).fill(NORMAL);

test('a fall within a check is sudden, one over many is gradual', () => {
  expect(onsetShape(tallies([...healthy, 0.15, 0.15, 0.15, 0.15]), 8, NORMAL)).toBe('sudden');
  expect(onsetShape(tallies([...healthy, 0.1, 0.15, 0.15, 0.15, 0.15], 1000), 8, NORMAL)).toBe('sudden');
  const slope = [0.07, 0.09, 0.11, 0.13, 0.15, 0.17];
  expect(onsetShape(tallies([...healthy, ...slope]), 10, NORMAL)).toBe('gradual');
  expect(onsetShape(tallies([...healthy, ...slope, 0.17, 0.17]), 10, NORMAL)).toBe('gradual');
});

test('too few checks, or too few samples, and it is not named', () => {
  expect(onsetShape(tallies([...healthy, 0.3, 0.3, 0.3]), 8, NORMAL)).toBe('unknown');
  expect(onsetShape(tallies([...healthy, 0.15, 0.15, 0.15, 0.15], 10), 8, NORMAL)).toBe('unknown');
  expect(onsetShape(tallies(healthy), 4, NORMAL)).toBe('unknown');
});

/** Numbers that look like chance and are the same each time. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function drawn(rates: readonly number[], seed: number): Tally[] {
  const next = chance(seed);
  return rates.map((rate) => ({
    bad: Array.from({ length: 200 }, next).filter((x) => x < rate).length,
    samples: 200,
  }));
}

test('with chance in the samples the wrong shape is named in less than 5 % of 200 runs, the right one mostly', () => {
  const step = [...healthy, ...Array<number>(8).fill(0.15)];
  const slope = [...healthy, 0.07, 0.09, 0.11, 0.13, 0.15, 0.17, 0.19, 0.21];
  const counted = (rates: readonly number[], shape: OnsetShape): number =>
    Array.from({ length: 200 }, (_each, seed) => onsetShape(drawn(rates, seed * 7919 + 1), 9, NORMAL)).filter(
      (found) => found === shape,
    ).length;
  expect(counted(step, 'gradual')).toBeLessThan(10);
  expect(counted(step, 'sudden')).toBeGreaterThan(130);
  expect(counted(slope, 'sudden')).toBeLessThan(10);
  expect(counted(slope, 'gradual')).toBeGreaterThan(120);
});
