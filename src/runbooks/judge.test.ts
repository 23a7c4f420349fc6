import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeAnswer, judgeSamples } from './judge.ts';

const series = (value: number, gpu: string) => ({ labels: { __name__: 'util', gpu }, value });
const one = (value: number) => [{ labels: {}, value }];

test.each([
  [0.87, { below: 0.9 }, 'rate', 'ok', '87 % (limit: below 90 %)'],
  [0.97, { below: 0.9 }, 'rate', 'not_ok', '97 % (limit: below 90 %)'],
  [0.9, { below: 0.9 }, 'rate', 'not_ok', '90 % (limit: below 90 %)'],
  [
    12,
    { above: 10, below: 20 },
    'requests',
    'ok',
    '12 requests (limit: above 10 requests and below 20 requests)',
  ],
  [9, { above: 10, below: 20 }, undefined, 'not_ok', '9 (limit: above 10 and below 20)'],
  [0.00041, { below: 0.001 }, 'seconds', 'ok', '0.00041 s (limit: below 0.001 s)'],
  [Number.POSITIVE_INFINITY, { below: 1 }, undefined, 'not_ok', '+Inf (limit: below 1)'],
  [Number.NEGATIVE_INFINITY, { above: 1 }, undefined, 'not_ok', '-Inf (limit: above 1)'],
] as const)('%d within %j: %s', (value, healthy, unit, outcome, note) => {
  expect(judgeSamples(one(value), healthy, unit)).toEqual({
    kind: 'found',
    outcome,
    note,
    value: String(value),
  });
});

test('no series and NaN are no data, never fine', () => {
  expect(judgeSamples([], { below: 1 }, undefined)).toEqual({
    kind: 'found',
    outcome: 'no_data',
    note: 'no data: the query found no series',
  });
  expect(judgeSamples(one(Number.NaN), { below: 1 }, undefined)).toMatchObject({ outcome: 'no_data' });
  expect(judgeSamples([...one(Number.NaN), series(0.2, '1')], { below: 1 }, undefined)).toMatchObject({
    outcome: 'no_data',
    note: 'no data for 1 of 2 series (NaN); else 0.2 at gpu="1", the worst of 2 (limit: below 1)',
  });
});

test('of several series the worst decides, whichever way is bad; NaN does not hide it', () => {
  const samples = [series(40, '0'), series(99, '1'), series(60, '2'), series(Number.NaN, '3')];
  expect(judgeSamples(samples, { below: 95 }, '%')).toMatchObject({
    outcome: 'not_ok',
    note: '99 % at gpu="1", the worst of 4 (limit: below 95 %)',
    value: '99',
  });
  expect(judgeSamples(samples.slice(0, 3), { above: 50 }, '%')).toMatchObject({
    outcome: 'not_ok',
    note: '40 % at gpu="0", the worst of 3 (limit: above 50 %)',
  });
});

test('it is healthy only when every series is', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (values) => {
      const found = judgeSamples(
        values.map((value) => series(value, String(value))),
        { below: 3, above: -3 },
        undefined,
      );
      expect(found).toMatchObject({ outcome: values.every((v) => v < 3 && v > -3) ? 'ok' : 'not_ok' });
    }),
  );
});

const answered = (body: string, status = 200) => ({ status, body, truncated: false });

test.each([
  [{}, answered('anything', 204), 'ok', 'answered 204'],
  [{ pointer: '/phase' }, answered('{"phase":"Ready"}'), 'ok', 'Ready'],
  [
    { pointer: '/phase', healthy: { is: 'Ready' } },
    answered('{"phase":"Down"}'),
    'not_ok',
    'Down (healthy: Ready)',
  ],
  [{ pointer: '/up', healthy: { is: true } }, answered('{"up":true}'), 'ok', 'true (healthy: true)'],
  [{ pointer: '/n', healthy: { in: [1, 2] } }, answered('{"n":2}'), 'ok', '2 (healthy: 1 or 2)'],
  [{ pointer: '/n', healthy: { below: 5 } }, answered('{"n":"4"}'), 'ok', '4 (healthy: below 5)'],
  [{ pointer: '/n', healthy: { below: 5 } }, answered('{"n":""}'), 'not_ok', ' (healthy: below 5)'],
  [{ pointer: '/n', healthy: { below: 5 } }, answered('{"n":[1]}'), 'not_ok', '[1] (healthy: below 5)'],
  [{ pointer: '/a/b' }, answered('{"a":{}}'), 'no_data', 'no data: the answer has no /a/b'],
] satisfies [Parameters<typeof judgeAnswer>[1], Parameters<typeof judgeAnswer>[0], string, string][])(
  '%j of an answer',
  (step, answer, outcome, note) => {
    expect(judgeAnswer(answer, step)).toMatchObject({
      kind: 'found',
      outcome,
      note,
    });
  },
);

test('what is no good answer is a failure that says so', () => {
  expect(judgeAnswer(answered('busy', 503), {})).toEqual({ kind: 'failed', reason: 'It answered 503. busy' });
  expect(judgeAnswer(answered('<html>'), { pointer: '/a' })).toEqual({
    kind: 'failed',
    reason: 'Its answer is not JSON: <html>',
  });
  expect(judgeAnswer({ ...answered('{"a":1}'), truncated: true }, { pointer: '/a' })).toMatchObject({
    kind: 'failed',
  });
});
