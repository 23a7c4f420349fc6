import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deliver, incidentsChannel, payload, stored, withSources } from '../support/deliver.ts';
import { useStage } from '../support/stage.ts';

const TOKEN = 'token-0123456789';
const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
const PATH = '/webhooks/otlp/v1/logs';
const useCollector = useStage();
const stageWith = () =>
  useCollector({
    env: { AIRE_ALERT_TOKENS: `collector=${TOKEN}` },
    edit: withSources({ more: 'evaluations: [ { name: Task completion, sli: task_completion_rate } ]' }),
  });

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
