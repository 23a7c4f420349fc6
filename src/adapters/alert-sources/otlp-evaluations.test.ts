import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { otlpEvaluationsSource } from './otlp-evaluations.ts';
import { fixture, NOW, readBody, SENDERS, servicesWith, signalsOf } from './test-builders.ts';

const services = servicesWith({
  evaluations: [{ name: 'Task completion', sli: 'task_completion_rate' }],
});
const source = otlpEvaluationsSource({ senders: SENDERS, services });
/** A request of events, each a name and its attributes. */
const requestOf = (...events: readonly Record<string, unknown>[]) => ({
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'support-agent' } }] },
      scopeLogs: [
        {
          logRecords: events.map(({ at = '1795401600', ...values }) => ({
            timeUnixNano: `${at}000000000`,
            eventName: 'gen_ai.evaluation.result',
            attributes: Object.entries(values).map(([key, value]) => ({
              key: key === 'service' ? 'aire.service' : `gen_ai.evaluation.${key}`,
              value: typeof value === 'number' ? { doubleValue: value } : { stringValue: value },
            })),
          })),
        },
      ],
    },
  ],
});
const read = (...events: readonly Record<string, unknown>[]) => readBody(source, requestOf(...events));
const refusals = (...events: readonly Record<string, unknown>[]) => {
  const reading = read(...events);
  return reading.kind === 'signals' ? reading.refused.map(({ reason }) => reason) : [];
};

describe('the evaluations of a request', () => {
  it('are one measurement for each SLI, with the mean of the scores and their number', () => {
    expect(signalsOf(readBody(source, fixture('otlp', 'evaluations')))).toEqual([
      {
        type: 'measurement',
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        source: 'otlp',
        service: 'support-agent',
        sli: 'task_completion_rate',
        value: 2 / 3,
        samples: 3,
        windowSeconds: 90,
        at: new Date('2026-11-23T02:41:30Z'),
        labels: {},
      },
      expect.objectContaining({ sli: 'hallucination_rate', value: 0.5, samples: 2 }),
    ]);
  });

  it('of different hours are not mixed', () => {
    const events = ['1795401600', '1795398000'].map((at) => ({
      name: 'Task completion',
      'score.value': 1,
      at,
    }));
    expect(signalsOf(read(...events)).map((signal) => signal.at.toISOString())).toEqual([
      '2026-11-23T02:40:00.000Z',
      '2026-11-23T01:40:00.000Z',
    ]);
  });

  it('gzipped, are the same', () => {
    const body = Buffer.from(JSON.stringify(fixture('otlp', 'evaluations')));
    expect(source.read(gzipSync(body), undefined, NOW)).toEqual(source.read(body, undefined, NOW));
  });

  it('in another request are another measurement', () => {
    const [one, other] = [0, 1].map(
      (score) => signalsOf(read({ name: 'Task completion', 'score.value': score }))[0],
    );
    expect(one?.id).not.toBe(other?.id);
  });
});

describe('where the service asks for slices', () => {
  const sliced = otlpEvaluationsSource({
    senders: SENDERS,
    services: servicesWith({}, ['model_version', 'language', 'retries']),
  });
  /** A request of events, each with attributes of its own; the resource says `language` too. */
  const readSliced = (...events: readonly Record<string, unknown>[]) => {
    const attributes = (of: Record<string, unknown>) =>
      Object.entries(of).map(([key, value]) => ({ key, value }));
    return readBody(sliced, {
      resourceLogs: [
        {
          resource: {
            attributes: attributes({
              'service.name': { stringValue: 'support-agent' },
              language: { stringValue: 'en' },
            }),
          },
          scopeLogs: [
            {
              logRecords: events.map(({ at = 1_795_401_600, score = 1, ...own }) => ({
                timeUnixNano: `${at}000000000`,
                eventName: 'gen_ai.evaluation.result',
                attributes: attributes({
                  'gen_ai.evaluation.name': { stringValue: 'Hallucination rate' },
                  'gen_ai.evaluation.score.value': { doubleValue: score },
                  ...own,
                }),
              })),
            },
          ],
        },
      ],
    });
  };
  const model = (kind: 'request' | 'response', name: string) => ({
    [`gen_ai.${kind}.model`]: { stringValue: name },
  });

  it('there is a measurement for each set of labels, all of one moment', () => {
    const signals = signalsOf(
      readSliced(
        { ...model('response', 'v41'), score: 0 },
        { ...model('response', 'v42'), score: 1, at: 1_795_401_660 },
        { ...model('response', 'v42'), score: 0 },
      ),
    );
    const at = new Date('2026-11-23T02:41:00Z');
    expect(signals).toMatchObject([
      { value: 0, samples: 1, at, windowSeconds: 60, labels: { model_version: 'v41', language: 'en' } },
      { value: 0.5, samples: 2, at, windowSeconds: 60, labels: { model_version: 'v42', language: 'en' } },
    ]);
    expect(new Set(signals.map(({ id }) => id)).size).toBe(2);
  });

  it.each([
    [
      'the model that answered before the one that was asked for',
      { ...model('request', 'a'), ...model('response', 'b') },
      { model_version: 'b', language: 'en' },
    ],
    ['the model that was asked for', model('request', 'a'), { model_version: 'a', language: 'en' }],
    [
      'its own name before the conventions',
      { ...model('response', 'b'), model_version: { stringValue: 'v42' } },
      { model_version: 'v42', language: 'en' },
    ],
    ['what the event says before its resource', { language: { stringValue: 'de' } }, { language: 'de' }],
    ['numbers as text', { retries: { intValue: '2' } }, { language: 'en', retries: '2' }],
    ['nothing that nobody asked for', { tenant: { stringValue: 'acme' } }, { language: 'en' }],
  ])('a label is %s', (_what, own, labels) => {
    expect(signalsOf(readSliced(own)).map((signal) => signal.labels)).toEqual([labels]);
  });

  it('equal scores of two models are two measurements, and the same request is the same two', () => {
    const ids = () =>
      signalsOf(readSliced(model('response', 'v41'), model('response', 'v42'))).map(({ id }) => id);
    expect(new Set([...ids(), ...ids()]).size).toBe(2);
  });

  it('more than 20 values are told, and those with the fewest samples count in the total only', () => {
    const many = [...Array(22).keys()].flatMap((n) => [
      model('response', `m${n}`),
      ...(n < 2 ? [] : [model('response', `m${n}`)]),
    ]);
    const reading = readSliced(...many);
    const labels = signalsOf(reading).map((signal) => signal.labels.model_version);
    expect(labels.filter((label) => label !== undefined)).toHaveLength(20);
    expect(labels).not.toContain('m0');
    expect(signalsOf(reading).find((signal) => signal.labels.model_version === undefined)).toMatchObject({
      samples: 2,
    });
    expect(reading).toMatchObject({
      refused: [],
      note: expect.stringContaining('more than 20 values of model_version'),
    });
  });
});

describe('an event', () => {
  it.each([
    ['counts its score before its label', { 'score.value': 0.25, 'score.label': 'pass' }, 0.25],
    ['that passed counts for a rate of what is good', { 'score.label': 'Passed' }, 1],
    ['that failed does not', { 'score.label': 'fail' }, 0],
  ])('%s', (_what, values, value) => {
    expect(signalsOf(read({ name: 'Task completion', ...values }))).toMatchObject([{ value }]);
  });

  it('that failed counts for a rate of what is bad', () => {
    expect(signalsOf(read({ name: 'Hallucination rate', 'score.label': 'fail' }))).toMatchObject([
      { sli: 'hallucination_rate', value: 1 },
    ]);
  });

  it.each([
    ['without a name', { 'score.value': 1 }, 'no gen_ai.evaluation.name'],
    ['of an evaluation nobody mapped', { name: 'Tone', 'score.value': 1 }, '{ name: "Tone", sli: … }'],
    ['of a service nobody knows', { name: 'Task completion', service: 'web' }, 'there is no service “web”'],
    ['without a score', { name: 'Task completion', 'score.label': 'relevant' }, 'neither pass nor fail'],
    ['whose score is no rate', { name: 'Task completion', 'score.value': 4 }, 'outside 0–1'],
  ])('%s is refused and says why', (_what, values, reason) => {
    expect(refusals(values)).toEqual([expect.stringContaining(reason)]);
  });

  it('whose evaluation failed itself is no sample', () => {
    const reading = readBody(source, fixture('otlp', 'partly'));
    expect(signalsOf(reading)).toMatchObject([{ value: 1, samples: 1 }]);
    expect(reading).toMatchObject({
      refused: [
        { index: 1 },
        { index: 2 },
        { index: 3, reason: expect.stringContaining('failed itself (timeout)') },
      ],
    });
  });
});

it.each([
  ['no evaluation', { resourceLogs: [] }, 'nothing'],
  ['no request', { resourceSpans: [] }, 'unusable'],
  ['a broken archive', '\u001f\u008b\u0008broken', 'unusable'],
])('%s is answered', (_what, body, kind) => {
  expect(readBody(source, body)).toMatchObject({ kind });
});

it('an archive that grows without end is not read', () => {
  const bomb = gzipSync(Buffer.alloc(9 * 1024 * 1024, 0x20));
  expect(source.read(bomb, undefined, NOW)).toMatchObject({ kind: 'unusable' });
});
