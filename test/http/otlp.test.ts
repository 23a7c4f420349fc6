import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { HOUR } from '../../src/time.ts';
import { deliver, incidentsChannel, payload, stored, withSources } from '../support/deliver.ts';
import { useStage } from '../support/stage.ts';

const TOKEN = 'token-0123456789';
const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
const PATH = '/webhooks/otlp/v1/logs';
const MAPPED = 'evaluations: [ { name: Task completion, sli: task_completion_rate } ]';
const useCollector = useStage();
const stageWith = () =>
  useCollector({
    env: { AIRE_ALERT_TOKENS: `collector=${TOKEN}` },
    edit: withSources({ more: MAPPED }),
  });

/** A request of so many evaluations of each model, all with this score. */
const evaluations = (
  at: Date,
  models: Readonly<Record<string, readonly [count: number, score: number]>>,
): string => {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const logRecords = Object.entries(models).flatMap(([model, [count, score]]) =>
    Array.from({ length: count }, () => ({
      timeUnixNano: `${at.getTime()}000000`,
      eventName: 'gen_ai.evaluation.result',
      attributes: [
        text('gen_ai.evaluation.name', 'Task completion'),
        { key: 'gen_ai.evaluation.score.value', value: { doubleValue: score } },
        text('gen_ai.response.model', model),
      ],
    })),
  );
  const resource = { attributes: [text('service.name', 'support-agent')] };
  return JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
};

describe('POST /webhooks/otlp/v1/logs', () => {
  it('takes evaluations, gzipped too, and answers a repeat as OTLP does', async () => {
    const stage = await stageWith();
    const body = await payload('otlp', 'evaluations');
    expect(await deliver(stage, PATH, body, headers)).toEqual([200, {}]);
    expect(await stage.count('signals')).toBe(2);
    expect(await deliver(stage, PATH, body, headers)).toEqual([200, {}]);
    const zipped = new Uint8Array(gzipSync(body));
    expect(await deliver(stage, PATH, zipped, { ...headers, 'content-encoding': 'gzip' })).toEqual([200, {}]);
    expect(await stage.count('signals')).toBe(2);
    expect(incidentsChannel(stage)).toEqual([]);
  });

  it('counts what it does not take, record by record, and says why', async () => {
    const stage = await stageWith();
    expect(await deliver(stage, PATH, await payload('otlp', 'partly'), headers)).toEqual([
      200,
      {
        partialSuccess: {
          rejectedLogRecords: 3,
          errorMessage: expect.stringContaining('{ name: "Tone", sli: … }'),
        },
      },
    ]);
    expect(await stage.count('signals')).toBe(1);
  });

  it.each([
    [
      'sees what falls in one model',
      ', slices: [model_version]',
      ['70.0 % for model version v42 is 24.0 points'],
    ],
    ['which the total alone would hide (control)', '', []],
  ])('%s', async (_what, slices, told) => {
    const stage = await useCollector({
      env: { AIRE_ALERT_TOKENS: `collector=${TOKEN}` },
      edit: (text) =>
        withSources({ more: MAPPED })(
          text.replace('declare: propose', 'declare: auto').replace('over: 7d', `over: 7d${slices}`),
        ),
    });
    for (let hour = 0; hour < 14; hour++) {
      const models = { v41: [200, 0.95], v42: [40, hour < 13 ? 0.94 : 0.7] } as const;
      expect(await deliver(stage, PATH, evaluations(stage.clock.now(), models), headers)).toEqual([200, {}]);
      if (hour < 13) await stage.pass(HOUR);
    }
    const declared = incidentsChannel(stage).filter((text) => text.includes('INC-'));
    expect(declared).toEqual(told.map((reason) => expect.stringContaining(reason)));
  });

  it('warns of more values than are told apart, and takes all', async () => {
    const stage = await useCollector({
      env: { AIRE_ALERT_TOKENS: `collector=${TOKEN}` },
      edit: (text) =>
        withSources({ more: MAPPED })(text.replace('over: 7d', 'over: 7d, slices: [model_version]')),
    });
    const models = Object.fromEntries([...Array(25).keys()].map((n) => [`m${n}`, [1, 1] as const]));
    expect(await deliver(stage, PATH, evaluations(stage.clock.now(), models), headers)).toEqual([
      200,
      {
        partialSuccess: {
          rejectedLogRecords: 0,
          errorMessage: expect.stringContaining('more than 20 values of model_version'),
        },
      },
    ]);
    expect(await stage.count('signals')).toBe(21);
  });

  it('answers 400 to what is no request, which is not sent again, and 415 to protobuf with what to set', async () => {
    const stage = await stageWith();
    expect(await deliver(stage, PATH, '{}', headers)).toEqual([
      400,
      { code: 3, message: expect.stringContaining('resourceLogs') },
    ]);
    const before = await stored(stage);
    const protobuf = { ...headers, 'content-type': 'application/x-protobuf' };
    expect(await deliver(stage, PATH, 'x', protobuf)).toEqual([
      415,
      { code: 3, message: expect.stringContaining('encoding: json') },
    ]);
    // A stranger is not told that.
    expect((await deliver(stage, PATH, 'x', { 'content-type': 'application/x-protobuf' }))[0]).toBe(401);
    expect((await deliver(stage, PATH, '{}', { 'content-type': 'application/json' }))[0]).toBe(401);
    expect(await stored(stage)).toEqual(before);
  });
});
