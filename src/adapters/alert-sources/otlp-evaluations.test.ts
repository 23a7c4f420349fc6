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
