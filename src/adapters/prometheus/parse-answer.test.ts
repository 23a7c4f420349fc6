import { expect, test } from 'vitest';
import { parseQueryAnswer } from './parse-answer.ts';

const ok = (data: unknown) => JSON.stringify({ status: 'success', data });
const vector = (result: readonly unknown[]) => ok({ resultType: 'vector', result });

test('values are text, also those that are no finite number', () => {
  const body = vector([
    { metric: { __name__: 'up', gpu: '0' }, value: [1795255200.123, '0.87'] },
    { metric: { gpu: '1' }, value: [1795255200, 'NaN'] },
    { metric: { gpu: '2' }, value: [1795255200, '+Inf'] },
    { metric: {}, value: [1795255200, '-Inf'] },
  ]);
  expect(parseQueryAnswer(200, body)).toEqual({
    kind: 'samples',
    samples: [
      { labels: { __name__: 'up', gpu: '0' }, value: 0.87 },
      { labels: { gpu: '1' }, value: Number.NaN },
      { labels: { gpu: '2' }, value: Number.POSITIVE_INFINITY },
      { labels: {}, value: Number.NEGATIVE_INFINITY },
    ],
  });
});

test('a scalar is one series without labels; an empty vector is none', () => {
  expect(parseQueryAnswer(200, ok({ resultType: 'scalar', result: [1, '3'] }))).toEqual({
    kind: 'samples',
    samples: [{ labels: {}, value: 3 }],
  });
  expect(parseQueryAnswer(200, vector([]))).toEqual({ kind: 'samples', samples: [] });
});

const error = (text: string) => JSON.stringify({ status: 'error', errorType: 'x', error: text });

test.each([
  [
    400,
    error('1:5: parse error: unexpected end'),
    'Prometheus can’t read the query (400): 1:5: parse error: unexpected end',
  ],
  [422, error('many-to-many matching'), 'Prometheus can’t evaluate the query (422): many-to-many matching'],
  [503, error('query timed out'), 'Prometheus gave the query up or is not ready (503): query timed out'],
  [403, '<html>no', 'Prometheus refused access (403); see sources.prometheus.headers.'],
  [502, '<html>Bad gateway</html>', 'Prometheus, or a proxy before it, answered 502.'],
  [200, '<html>Log in</html>', 'The answer is not that of a Prometheus. Check sources.prometheus.url.'],
  [200, ok({ resultType: 'matrix', result: [] }), 'The query gives a matrix, not a number a series.'],
  [
    200,
    vector([{ metric: {}, histogram: [1, {}] }]),
    'The query gives a native histogram. Take a number of it, such as histogram_quantile().',
  ],
])('%d %s is said in words', (status, body, reason) => {
  expect(parseQueryAnswer(status, body)).toEqual({ kind: 'failed', reason });
});
