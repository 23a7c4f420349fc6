import { expect, test } from 'vitest';
import { duration, points, quantity, share } from './quantities.ts';
import { formatSliValue, sliDefinition } from './slis.ts';

test.each([
  [share, '95%', 0.95],
  [share, '99.5%', 0.995],
  [share, 0.95, 0.95],
  [share, '0%', 0],
  [share, '100%', 1],
  [points, '5pp', 0.05],
  [points, '0.5pp', 0.005],
  [duration, '90s', 90_000],
  [duration, '1h30m', 5_400_000],
  [duration, '7d', 604_800_000],
  [quantity, '95%', 0.95],
  [quantity, '5s', 5],
  [quantity, '2m', 120],
  [quantity, 0.1, 0.1],
])('%# reads %s as %s', (schema, text, value) => {
  expect(schema.parse(text)).toBe(value);
});

test.each([
  [share, '101%', 'a share is at most 100%'],
  [share, '-1%', 'write a share as 95% or 0.95'],
  [share, 'half', 'write a share as 95% or 0.95'],
  [points, '5%', 'write percentage points as 5pp'],
  [points, '5', 'write percentage points as 5pp'],
  [duration, '5', 'write a duration as 90s, 10m, 1h30m or 7d'],
  [duration, '5 minutes', 'write a duration as 90s, 10m, 1h30m or 7d'],
  [quantity, '5 seconds', 'write 95%, 5s or a plain number'],
])('%# refuses %s: %s', (schema, text, message) => {
  expect(schema.safeParse(text).error?.issues.map((issue) => issue.message)).toEqual([message]);
});

test.each([
  [0.942, 'rate', '94.2 %'],
  [0, 'rate', '0.0 %'],
  [4.8, 'seconds', '4.80 s'],
  [12.4, 'seconds', '12 s'],
  [0.1234, 'usd', '0.123 USD'],
  [12.345, 'usd', '12.35 USD'],
  [310, 'count', '310'],
  [310.456, 'count', '310.46'],
] as const)('%s %s is shown as %s', (value, unit, text) => {
  expect(formatSliValue(value, unit)).toBe(text);
});

test("a service's own SLI comes before a known one, and an unknown one is a count", () => {
  expect(sliDefinition('latency_p95')).toEqual({ title: 'Latency p95', unit: 'seconds', better: 'lower' });
  const own = { latency_p95: { unit: 'ms', better: 'lower' as const, title: 'Latency (ms)' } };
  expect(sliDefinition('latency_p95', own)).toEqual({
    title: 'Latency (ms)',
    unit: 'count',
    better: 'lower',
  });
  expect(sliDefinition('answer_length')).toEqual({ title: 'Answer length', unit: 'count', better: 'lower' });
});
