import { expect, test } from 'vitest';
import { without } from './incident-times.ts';

const at = (ms: number): Date => new Date(ms);
const parts = (times: readonly { from: number; to: number }[]) =>
  without(times, at(10), at(100)).map(({ from, to }) => [from.getTime(), to.getTime()]);

test.each([
  ['no incident leaves all of it', [], [[10, 100]]],
  [
    'one in between is left out with both its ends',
    [{ from: 40, to: 60 }],
    [
      [10, 40],
      [61, 100],
    ],
  ],
  ['one that reaches beyond the start', [{ from: 0, to: 20 }], [[21, 100]]],
  ['one that goes on', [{ from: 50, to: Infinity }], [[10, 50]]],
  ['one after it', [{ from: 100, to: 200 }], [[10, 100]]],
  [
    'two that overlap, in any order',
    [
      { from: 50, to: 90 },
      { from: 30, to: 60 },
    ],
    [
      [10, 30],
      [91, 100],
    ],
  ],
  [
    'one within another',
    [
      { from: 30, to: 80 },
      { from: 40, to: 50 },
    ],
    [
      [10, 30],
      [81, 100],
    ],
  ],
  ['one that covers it leaves nothing', [{ from: 0, to: 200 }], []],
])('%s', (_name, times, left) => {
  expect(parts(times)).toEqual(left);
});
