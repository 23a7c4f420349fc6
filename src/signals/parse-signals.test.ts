import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { serviceFields } from '../services/schema.ts';
import { parseSignals } from './parse-signals.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const service = z.strictObject(serviceFields).parse({
  service: 'support-agent',
  tier: 1,
  owners: { team: 'ml' },
  slis: { answer_length: { unit: 'tokens', better: 'lower' } },
});
const services = {
  get: (id: string) => (id === service.service ? service : undefined),
  all: () => [service],
};
const parse = (...items: readonly unknown[]) => parseSignals(items, { source: 'ci', services, now: NOW });

const measurement = {
  type: 'measurement',
  id: 'e1',
  service: 'support-agent',
  sli: 'task_completion_rate',
  value: 0.86,
  at: '2026-11-21T10:00:00Z',
};
const change = {
  type: 'change',
  id: 'c1',
  service: 'support-agent',
  what: 'model',
  at: '2026-11-21T09:00:00Z',
};
const distribution = (rest: object) => ({
  type: 'distribution',
  id: 'd1',
  service: 'support-agent',
  of: 'language',
  at: '2026-11-21T09:00:00Z',
  ...rest,
});
const common = { service: 'support-agent', source: 'ci', labels: {} };

test('every type is read, in its own words', () => {
  const at = '2026-11-21T11:00:00+01:00';
  const moment = { ...common, at: NOW };
  const { signals, refused } = parse(
    { ...measurement, at, samples: 200, window_s: 3600, labels: { model_version: 'v42' }, unknown: 1 },
    {
      type: 'distribution',
      id: 'd1',
      service: 'support-agent',
      of: 'language',
      buckets: { en: 8, de: 2 },
      at,
    },
    { ...change, at, from: 'v41', to: 'v42', by: 'ana', url: 'https://ci.example/1' },
    {
      type: 'report',
      id: 'r1',
      service: 'support-agent',
      category: 'wrong',
      text: 'no',
      trace_url: 'https://t.example/1',
      at,
    },
    {
      type: 'example',
      id: 'x1',
      service: 'support-agent',
      input: 'a',
      output: 'b',
      expected: 'c',
      context: ['d'],
      failure: 'tool',
      source: 'escalation',
      at,
    },
  );
  expect(refused).toEqual([]);
  expect(signals).toEqual([
    {
      ...moment,
      type: 'measurement',
      id: 'e1',
      sli: 'task_completion_rate',
      value: 0.86,
      samples: 200,
      windowSeconds: 3600,
      labels: { model_version: 'v42' },
    },
    { ...moment, type: 'distribution', id: 'd1', of: 'language', buckets: { en: 8, de: 2 } },
    {
      ...moment,
      type: 'change',
      id: 'c1',
      what: 'model',
      from: 'v41',
      to: 'v42',
      by: 'ana',
      url: 'https://ci.example/1',
    },
    { ...moment, type: 'report', id: 'r1', category: 'wrong', text: 'no', traceUrl: 'https://t.example/1' },
    {
      ...moment,
      type: 'example',
      id: 'x1',
      input: 'a',
      output: 'b',
      expected: 'c',
      context: ['d'],
      failure: 'tool',
      origin: 'escalation',
    },
  ]);
});

test('as many and as long labels as may be are kept', () => {
  const labels = Object.fromEntries(
    Array.from({ length: 50 }, (_, n) => [`${'👍'.repeat(98)}${n + 10}`, '👍'.repeat(200)]),
  );
  expect(parse({ ...measurement, labels }).signals).toMatchObject([{ labels }]);
});

test('good and total give the value and the sample size', () => {
  const { value: _value, ...bare } = measurement;
  expect(parse({ ...bare, good: 43, total: 50 }).signals).toMatchObject([{ value: 0.86, samples: 50 }]);
  expect(parse({ ...bare, good: 0, total: 50 }).signals).toMatchObject([{ value: 0, samples: 50 }]);
});

const { value: _value, ...unmeasured } = measurement;
const outside = 'is outside 0–1; rates are fractions';
const refusals: readonly [unknown, string | null, string, string][] = [
  [
    { ...measurement, service: 'nope' },
    'e1',
    'unknown_service',
    'there is no service "nope"; known are: support-agent',
  ],
  [
    { ...measurement, at: '2026-11-21T10:05:01Z' },
    'e1',
    'in_the_future',
    "at: 2026-11-21T10:05:01.000Z is in the future; check the sender's clock",
  ],
  [
    { ...measurement, labels: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`l${n}`, 'x'])) },
    'e1',
    'unreadable',
    'labels: send 50 labels at most',
  ],
  [
    { ...measurement, labels: { region: '👍'.repeat(201) } },
    'e1',
    'unreadable',
    'labels: region is longer than 200 characters',
  ],
  [
    { ...measurement, labels: { ['x'.repeat(101)]: 'eu' } },
    'e1',
    'unreadable',
    'labels: a name is longer than 100 characters',
  ],
  [
    { ...measurement, labels: JSON.parse('{"__proto__":"eu"}') },
    'e1',
    'unreadable',
    'labels: none can be called __proto__',
  ],
  [{ ...measurement, labels: { retries: 3 } }, 'e1', 'unreadable', 'labels: retries is no text'],
  [{ ...measurement, labels: ['eu'] }, 'e1', 'unreadable', 'labels: send an object of names and texts'],
  [{ ...measurement, labels: null }, 'e1', 'unreadable', 'labels: send an object of names and texts'],
  [{ ...measurement, value: 86 }, 'e1', 'out_of_range', `value: 86 ${outside} (0.86, not 86)`],
  [{ ...measurement, value: 1.1 }, 'e1', 'out_of_range', `value: 1.1 ${outside} (0.011, not 1.1)`],
  [{ ...measurement, value: 101 }, 'e1', 'out_of_range', `value: 101 ${outside}`],
  [{ ...measurement, value: -0.1 }, 'e1', 'out_of_range', `value: -0.1 ${outside}`],
  [unmeasured, 'e1', 'unreadable', 'value: give value, or good and total with a total above 0'],
  [
    { ...unmeasured, good: 0, total: 0 },
    'e1',
    'unreadable',
    'value: give value, or good and total with a total above 0',
  ],
  [
    { ...unmeasured, good: 1 },
    'e1',
    'unreadable',
    'value: give value, or good and total with a total above 0',
  ],
  [{ ...unmeasured, good: 51, total: 50 }, 'e1', 'out_of_range', 'good: 51 is more than total 50'],
  [{ ...measurement, at: 'yesterday' }, 'e1', 'unreadable', 'at: write a time such as 2026-11-21T10:00:00Z'],
  [
    { ...measurement, at: '2026-02-30T10:00:00Z' },
    'e1',
    'unreadable',
    'at: write a time such as 2026-11-21T10:00:00Z',
  ],
  [
    { ...measurement, at: '2026-11-21T10:00:00' },
    'e1',
    'unreadable',
    'at: write a time such as 2026-11-21T10:00:00Z',
  ],
  [
    { ...measurement, value: '0.86' },
    'e1',
    'unreadable',
    'value: Invalid input: expected number, received string',
  ],
  [{ ...measurement, samples: -1 }, 'e1', 'unreadable', 'samples: Too small: expected number to be >=0'],
  [{ ...measurement, window_s: 0 }, 'e1', 'unreadable', 'window_s: Too small: expected number to be >0'],
  [{ ...measurement, id: '' }, '', 'unreadable', 'id: Too small: expected string to have >=1 characters'],
  [{ ...measurement, id: 7 }, null, 'unreadable', 'id: Invalid input: expected string, received number'],
  [
    { ...change, what: 'weather' },
    'c1',
    'unreadable',
    'what: Invalid option: expected one of "model"|"prompt"|"index"|"routing"|"config"|"data"|"tool"|"deploy"|"vendor"|"eval"',
  ],
  [distribution({}), 'd1', 'unreadable', 'buckets: give buckets, or summary (mean, sd, count), one of them'],
  [
    distribution({ buckets: { en: 1 }, summary: { mean: 1, sd: 1, count: 1 } }),
    'd1',
    'unreadable',
    'buckets: give buckets, or summary (mean, sd, count), one of them',
  ],
  [
    distribution({ buckets: Object.fromEntries(Array.from({ length: 501 }, (_, n) => [String(n), 1])) }),
    'd1',
    'out_of_range',
    'buckets: 501 are too many; put the rare ones into one, 500 at most',
  ],
  [{ ...change, url: 'javascript:alert(1)' }, 'c1', 'unreadable', 'url: Invalid URL'],
  [
    { ...change, type: 'page' },
    'c1',
    'unreadable',
    "type: Invalid discriminator value. Expected 'measurement' | 'distribution' | 'change' | 'report' | 'example' | 'test'",
  ],
  [null, null, 'unreadable', 'Invalid input: expected object, received null'],
  ['x', null, 'unreadable', 'Invalid input: expected object, received string'],
  [
    { ...measurement, at: '0000-01-01T00:00:00Z' },
    'e1',
    'out_of_range',
    "at: 0000-01-01T00:00:00.000Z is before 2000; check the sender's clock",
  ],
  ...(
    [
      [{ sli: 'answer_length', value: 1e16 }, 'value: Too big: expected number to be <=1000000000000000'],
      [
        { sli: 'answer_length', value: -1e300 },
        'value: Too small: expected number to be >=-1000000000000000',
      ],
      [{ samples: 2e15 }, 'samples: Too big: expected number to be <=1000000000000000'],
      [{ window_s: 1e300 }, 'window_s: Too big: expected number to be <=2678400'],
    ] as const
  ).map(([more, reason]): (typeof refusals)[number] => [
    { ...measurement, ...more },
    'e1',
    'unreadable',
    reason,
  ]),
];

test.each(refusals)('%j is refused', (item, id, code, reason) => {
  expect(parse(item)).toEqual({ signals: [], tests: [], refused: [{ index: 0, id, code, reason }] });
});

test('five minutes ahead is within the tolerance', () => {
  expect(parse({ ...measurement, at: '2026-11-21T10:05:00Z' }).refused).toEqual([]);
});

test("only rates are fractions: the service's own SLIs may be anything", () => {
  expect(parse({ ...measurement, sli: 'answer_length', value: 310 }).refused).toEqual([]);
  expect(parse({ ...measurement, sli: 'answer_length', value: 1e15, samples: 1e15 }).refused).toEqual([]);
  expect(parse({ ...measurement, sli: 'latency_p95', value: 4.8 }).refused).toEqual([]);
});

test('what is wrong with one costs no other', () => {
  const { signals, refused } = parse(
    measurement,
    7,
    { ...change, id: 'c2' },
    { ...measurement, service: 'x' },
  );
  expect(signals.map((signal) => signal.id)).toEqual(['e1', 'c2']);
  expect(refused.map(({ index, code }) => [index, code])).toEqual([
    [1, 'unreadable'],
    [3, 'unknown_service'],
  ]);
});

/** Values that are almost signals, so that the property gets past the first check. */
const almost = fc
  .record(
    {
      type: fc.constantFrom('measurement', 'distribution', 'change', 'report', 'example', 'alert'),
      id: fc.oneof(fc.string(), fc.jsonValue()),
      service: fc.constantFrom('support-agent', 'nope', '__proto__', 'constructor'),
      at: fc.oneof(
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        fc.string(),
      ),
      sli: fc.string(),
      value: fc.oneof(fc.double(), fc.jsonValue()),
      good: fc.oneof(fc.nat(), fc.jsonValue()),
      total: fc.oneof(fc.nat(), fc.jsonValue()),
      what: fc.constantFrom('model', 'x'),
      labels: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
      buckets: fc.dictionary(fc.string(), fc.double()),
      input: fc.string(),
      output: fc.string(),
      failure: fc.constantFrom('tool', 'x'),
      category: fc.constantFrom('slow', 'x'),
    },
    { requiredKeys: ['type', 'service'] },
  )
  .map((value): unknown => JSON.parse(JSON.stringify(value)));

test('whatever JSON comes, each item is a signal or a refusal, and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(almost, fc.jsonValue(), fc.constant({ ...measurement }))), (items) => {
      const { signals, refused } = parse(...items);
      expect(signals.length + refused.length).toBe(items.length);
      expect(new Set(refused.map(({ index }) => index)).size).toBe(refused.length);
      for (const { reason } of refused) expect(reason).not.toBe('');
      for (const signal of signals) {
        expect(Number.isNaN(signal.at.getTime())).toBe(false);
        if (signal.type === 'measurement') expect(Number.isFinite(signal.value)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('a distribution of numbers may be a summary', () => {
  const summary = { mean: 312.5, sd: 80, count: 400 };
  expect(parse(distribution({ summary })).signals).toMatchObject([{ type: 'distribution', summary }]);
});
