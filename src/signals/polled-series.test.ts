import { expect, test } from 'vitest';
import { polledParts } from './polled-series.ts';

const AT = new Date('2026-11-21T10:05:00Z');
const one = (labels: Record<string, string>, value: number) => ({ labels, points: [{ at: AT, value }] });
const v41 = { model_version: 'v41' };
const v42 = { model_version: 'v42' };
const SLICES = ['model_version'];

test('series that slices tell apart are parts with their samples; other labels are left out', () => {
  const value = [one({ ...v41, app: 'agent' }, 0.9), one({ ...v42, app: 'agent' }, 0.5)];
  const samples = [one(v42, 10), one(v41, 90)];
  expect(polledParts(value, samples, SLICES)).toEqual([
    { labels: v41, at: AT, value: 0.9, samples: 90 },
    { labels: v42, at: AT, value: 0.5, samples: 10 },
  ]);
});

test('what has no counterpart among the samples rests on none', () => {
  const value = [one({}, 0.9), one(v42, 0.5)];
  expect(polledParts(value, [one(v42, 10)], SLICES)).toMatchObject([{ samples: 0 }, { samples: 10 }]);
  expect(polledParts(value, [], SLICES)).toMatchObject([{ samples: 0 }, { samples: 0 }]);
});

test('one series needs no samples, whatever its labels', () => {
  expect(polledParts([one({ ...v41, gpu: '0' }, 2)], undefined, SLICES)).toEqual([
    { labels: v41, at: AT, value: 2 },
  ]);
  expect(polledParts([one(v41, 2)], undefined, [])).toEqual([{ labels: {}, at: AT, value: 2 }]);
  expect(polledParts([], undefined, [])).toEqual([]);
});

test('what adds up has one series', () => {
  const value = [one(v41, 3), one(v42, 4)];
  const fault = polledParts(value, value, SLICES, true);
  expect('reason' in fault ? `${fault.key}: ${fault.reason}` : fault).toBe(
    'count: The query gives 2 series, such as {model_version="v41"} and {model_version="v42"}, of a count, which spikes add up, and a mean is no sum. Give one series, as in sum(…).',
  );
  expect(polledParts([one({}, 7)], undefined, SLICES, true)).toEqual([{ labels: {}, at: AT, value: 7 }]);
});

const gpus = ['0', '1', '2'].map((gpu) => one({ gpu }, 1));
test.each([
  [
    'no slices are asked for',
    gpus,
    undefined,
    [],
    'value: The query gives 3 series, such as {gpu="0"} and {gpu="1"}; a service has one value. Aggregate them, as in max(…) or sum(…).',
  ],
  [
    'something else tells them apart as well',
    [one({ ...v41, pod: 'a' }, 1), one({ ...v41, pod: 'b' }, 1)],
    undefined,
    SLICES,
    'value: The query gives 2 series, such as {model_version="v41", pod="a"} and {model_version="v41", pod="b"}; only baseline.slices may tell them apart. Aggregate the rest, as in sum by (model_version) (…).',
  ],
  [
    'something else tells their samples apart',
    [one(v41, 1)],
    gpus,
    SLICES,
    'samples: The query gives 3 series, such as {gpu="0"} and {gpu="1"}; only baseline.slices may tell them apart. Aggregate the rest, as in sum by (model_version) (…).',
  ],
  [
    'nothing says how much each counts',
    [one(v41, 1), one(v42, 1)],
    undefined,
    SLICES,
    'weights: The query gives 2 series, such as {model_version="v41"} and {model_version="v42"}, and nothing says how much each counts in the total. Write { value: …, samples: … }, both by (model_version), or aggregate them.',
  ],
  [
    'the samples are of something else',
    [one(v41, 1), one(v42, 1)],
    [one({}, 100)],
    SLICES,
    'match: The series of value, such as {model_version="v41"} and {model_version="v42"}, are not among those of samples, such as {}. Write the same by (…) in both.',
  ],
])('they are refused when %s', (_when, value, samples, slices, said) => {
  const fault = polledParts(value, samples, slices);
  expect('reason' in fault ? `${fault.key}: ${fault.reason}` : fault).toBe(said);
});
