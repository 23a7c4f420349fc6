import { expect, test } from 'vitest';
import { createRests } from './rests.ts';

const POOLS = [
  { kinds: ['evaluate'], room: 50, rest: 3 },
  { kinds: ['poll'], room: 4 },
];
const inTime = (kind: string) => ({ kind, lateSeconds: 0 });
const claimed = (n: number) => Array.from({ length: n }, () => inTime('evaluate'));

test('a pool rests the longer the more it was given, and the more deliveries there are, with an end', () => {
  const rest = (busy: number) => createRests(POOLS, () => busy).begin(claimed(10));
  expect(rest(0)).toEqual([7.5]);
  expect(rest(0.5)).toEqual([30]);
  expect(rest(0.75)).toEqual([120]);
  expect(rest(0.99)).toEqual([240]);
  expect(rest(1)).toEqual([240]);
});

test('what was late already rests as for half of the time at most: rests alone must not make it later and later', () => {
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
