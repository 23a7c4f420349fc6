import { expect, test } from 'vitest';
import { DAY } from '../time.ts';
import { baselineOf, NO_SUMS } from './baseline.ts';
import { severityForTier, worse } from './severity.ts';

const SLI = 'task_completion_rate';
const open = { pinned: {} };

test('a pinned baseline counts, whatever was measured', () => {
  const sums = { measurements: 100, weighted: 50, weight: 100 };
  expect(baselineOf(SLI, { pinned: { [SLI]: 0.9 } })(sums)).toEqual({
    value: 0.9,
    origin: 'pinned',
    samples: Infinity,
  });
  expect(baselineOf(SLI, { pinned: { [SLI]: 0 } })(NO_SUMS)).toMatchObject({ value: 0 });
  expect(baselineOf(SLI, { pinned: { other: 0.9 } })(sums).value).toBe(0.5);
});

test('the mean is weighted by samples', () => {
  const sums = { measurements: 12, weighted: 0.9 * 300 + 0.5 * 100, weight: 400 };
  expect(baselineOf(SLI, { pinned: {}, over: 14 * DAY })(sums)).toEqual({
    value: 0.8,
    origin: 'trailing 14 days',
    samples: 400,
  });
});

test.each([
  [NO_SUMS, 'no baseline yet: 0 of 12 healthy measurements in 7 days'],
  [
    { measurements: 11, weighted: 10, weight: 11 },
    'no baseline yet: 11 of 12 healthy measurements in 7 days',
  ],
  [{ measurements: 12, weighted: 0, weight: 0 }, 'no baseline yet: 12 of 12 healthy measurements in 7 days'],
])('too little to know what is normal: %j', (sums, origin) => {
  expect(baselineOf(SLI, open)(sums)).toEqual({ value: undefined, origin });
});

test('twelve measurements are a baseline', () => {
  expect(baselineOf(SLI, open)({ measurements: 12, weighted: 6, weight: 12 })).toEqual({
    value: 0.5,
    origin: 'trailing 7 days',
    samples: 12,
  });
});

test('the tier lowers the severity, never below SEV4', () => {
  expect([0, 1, 2, 3].map((tier) => severityForTier('SEV1', tier))).toEqual(['SEV1', 'SEV1', 'SEV2', 'SEV3']);
  expect([1, 2, 3].map((tier) => severityForTier('SEV4', tier))).toEqual(['SEV4', 'SEV4', 'SEV4']);
});

test('SEV1 is the worst', () => {
  expect(worse('SEV3', 'SEV1')).toBe('SEV1');
  expect(worse('SEV2', 'SEV4')).toBe('SEV2');
});
