import { expect, test } from 'vitest';
import { parseRangeAnswer } from './parse-range.ts';

const ok = (data: unknown, more: object = {}) => JSON.stringify({ status: 'success', data, ...more });
const matrix = (result: readonly unknown[], more: object = {}) => ok({ resultType: 'matrix', result }, more);
const error = (text: string) => JSON.stringify({ status: 'error', errorType: 'x', error: text });
const AT = new Date(1_795_255_200_000);

test('points are text, also those that are no finite number', () => {
  const values = [
    [1_795_255_200, '0.87'],
    [1_795_255_200, 'NaN'],
    [1_795_255_200, '+Inf'],
    [1_795_255_200, '-Inf'],
  ];
  expect(parseRangeAnswer(200, matrix([{ metric: { a: 'b' }, values }]))).toEqual({
    kind: 'series',
    series: [
      {
        labels: { a: 'b' },
        points: [0.87, Number.NaN, Infinity, -Infinity].map((value) => ({ at: AT, value })),
      },
    ],
  });
});

test('there may be none; a warning is passed on', () => {
  expect(parseRangeAnswer(200, matrix([]))).toEqual({ kind: 'series', series: [] });
  const warned = parseRangeAnswer(200, matrix([], { warnings: ['a store did not answer'] }));
  expect(warned).toEqual({ kind: 'series', series: [], warning: 'a store did not answer' });
});

test.each([
  [400, error('parse error'), 'fault', 'Prometheus can’t read the query (400): parse error'],
  [422, error('many-to-many'), 'fault', 'Prometheus can’t evaluate the query (422): many-to-many'],
  [503, error('query timed out'), 'failed', 'Prometheus gave the query up or is not ready (503).'],
  [401, 'no', 'failed', 'Prometheus refused access (401); see sources.prometheus.headers.'],
  [400, '<html>Bad request</html>', 'failed', 'Prometheus can’t read the query (400).'],
  [502, '<html>Bad gateway</html>', 'failed', 'Prometheus, or a proxy before it, answered 502.'],
  [
    200,
    '<html>Log in</html>',
    'failed',
    'The answer is not that of a Prometheus. Check sources.prometheus.url.',
  ],
  [
    200,
    matrix([{ metric: {}, histograms: [[1, {}]] }]),
    'fault',
    'The query gives a native histogram. Take a number of it, such as histogram_quantile().',
  ],
])('%d %s is a %s', (status, body, kind, reason) => {
  expect(parseRangeAnswer(status, body)).toEqual({ kind, reason });
});
