import { expect, test } from 'vitest';
import { createBusyMeter, createRests } from './rests.ts';

const POOLS = [
  { kinds: ['evaluate'], room: 50, rest: 3 },
  { kinds: ['poll'], room: 4 },
];
const inTime = (kind: string) => ({ kind, lateSeconds: 0 });
const claimed = (n: number) => Array.from({ length: n }, () => inTime('evaluate'));

test('a pool rests the longer the more it was given, and the less idle the process is, with an end', () => {
  const rest = (busy: number) => createRests(POOLS, () => busy).begin(claimed(10));
  expect(rest(0)).toEqual([30]);
  expect(rest(0.7)).toEqual([30]);
  expect(rest(0.85)[0]).toBeCloseTo(120);
  expect(rest(0.99)).toEqual([240]);
  expect(rest(1)).toEqual([240]);
});

test('what was late already rests as in an idle process: rests alone must not make it later and later', () => {
  const rest = (lateSeconds: number) =>
    createRests(POOLS, () => 1).begin([...claimed(9), { kind: 'evaluate', lateSeconds }]);
  expect(rest(11)).toEqual([30]);
  expect(rest(10)).toEqual([240]);
  // Another kind that is late is no reason.
  const others = [...claimed(10), { kind: 'say', lateSeconds: 60 }];
  expect(createRests(POOLS, () => 1).begin(others)).toEqual([240]);
});

test('who is not to rest does not, nor who was given nothing', () => {
  const rests = createRests(POOLS, () => 1);
  expect(rests.begin(['poll', 'say'].map(inTime))).toEqual([]);
  for (const pool of POOLS) expect(rests.left(pool)).toBeLessThanOrEqual(0);
  rests.begin(['evaluate', 'poll'].map(inTime));
  expect(POOLS.map((pool) => rests.left(pool) > 0)).toEqual([true, false]);
});

test('a process that computes is busy, one that waits is not', async () => {
  const meter = createBusyMeter();
  const until = performance.now() + 20;
  while (performance.now() < until);
  await new Promise((resolve) => setImmediate(resolve));
  expect(meter()).toBeGreaterThan(0.5);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(meter()).toBeLessThan(0.5);
});
