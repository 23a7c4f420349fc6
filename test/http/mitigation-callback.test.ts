import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { clickButton, latest, pickOption, submitForm } from '../../src/cli/demo/hands.ts';
import { MINUTE } from '../../src/time.ts';
import { ANA, BEN, propose, START, type TestStage, useStage } from '../support/stage.ts';

const stageWith = useStage();
const CHANNEL = 'inc-1-support-agent';
/** As the stage configures AIRE_SECRET_DEPLOY_SIGNING. */
const SECRET = `whsec_${Buffer.from('deploy-signing'.repeat(8)).subarray(0, 32).toString('base64')}`;
const FORGED = {
  error: 'The signature does not fit this mitigation. Nothing was stored.',
  code: 'delivery_unauthenticated',
};

/** A rollback that was approved and sent; the target has said that it is running. */
async function running(
  env: Readonly<Record<string, string>> = {},
): Promise<{ stage: TestStage; url: string }> {
  const stage = await stageWith({ env });
  const change = {
    type: 'change',
    id: 'd1',
    service: 'support-agent',
    what: 'model',
    from: 'v41',
    to: 'v42',
  };
  await stage.signals.send([{ ...change, at: START.toISOString() }]);
  await stage.pass(MINUTE);
  await propose(stage);
  await clickButton(stage, ANA, 'incidents', 'Declare');
  await clickButton(stage, ANA, CHANNEL, 'Go on to scope');
  for (const _step of ['what_moved', 'inputs']) await clickButton(stage, ANA, CHANNEL, 'Yes');
  await pickOption(stage, ANA, CHANNEL, 'Model version');
  await clickButton(stage, ANA, CHANNEL, 'Go on to mitigate');
  await clickButton(stage, ANA, CHANNEL, 'Roll back the model');
  await submitForm(stage, ANA, {});
  await clickButton(stage, BEN, CHANNEL, 'Approve');
  const { callback_url } = JSON.parse(stage.target.requests()[0]?.body ?? '{}') as { callback_url: string };
  return { stage, url: callback_url };
}

const shown = async (stage: TestStage) => {
  await stage.app.settle();
  return stage.slack.render(latest(stage.slack, CHANNEL, 'Roll back the model for INC-1'));
};

/** Posts a body that the target would never send, signed as it signs. */
async function postRaw(url: string, body: string, secret = SECRET): Promise<[number, unknown]> {
  const at = new Date();
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      connection: 'close',
      'webhook-id': 'msg_raw',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('msg_raw', at, body),
    },
    body,
  });
  return [answer.status, await answer.json()];
}

describe('POST /webhooks/mitigations/:id', () => {
  it('takes what the target reports, once', async () => {
    const { stage, url } = await running();
    const report = { attempt: 1, status: 'succeeded', detail: 'v41 serves all traffic' } as const;
    const first = await stage.target.callback(url, report);
    expect(first).toMatchObject({ status: 202, body: { taken: true } });
    const card = await shown(stage);
    expect(card).toContain('The target reports succeeded: v41 serves all traffic.');

    const { webhookId } = first;
    expect(await stage.target.callback(url, report, { webhookId })).toMatchObject({
      status: 200,
      body: { taken: false },
    });
    expect(await stage.target.callback(url, { attempt: 1, status: 'failed' })).toMatchObject({
      status: 200,
      body: { taken: false },
    });
    expect(await shown(stage)).toBe(card);
  });

  it('takes that it is still running, then how it ended', async () => {
    const { stage, url } = await running();
    expect(await stage.target.callback(url, { attempt: 1, status: 'running', detail: '40 %' })).toMatchObject(
      {
        status: 202,
      },
    );
    expect(await shown(stage)).toContain('The target reports running: 40 %.');
    await stage.target.callback(url, { attempt: 1, status: 'failed', detail: '<!channel> no v41' });
    expect(await shown(stage)).toContain('Failed');
    const card = latest(stage.slack, CHANNEL, 'Roll back the model for INC-1');
    expect(JSON.stringify(card)).not.toContain('<!channel>');
  });

  it('a report about another attempt changes nothing', async () => {
    const { stage, url } = await running();
    const before = await shown(stage);
    for (const attempt of [0, 2, -1]) {
      const answer = await stage.target.callback(url, { attempt, status: 'succeeded' });
      expect(answer).toMatchObject({ status: 200, body: { taken: false } });
    }
    expect(await shown(stage)).toBe(before);
  });

  it('a report that comes after it was given up changes nothing by itself', async () => {
    const { stage, url } = await running();
    await stage.pass(6 * MINUTE);
    const unknown = await shown(stage);
    expect(unknown).toContain('[It happened] [It did not]');
    expect(await stage.target.callback(url, { attempt: 1, status: 'succeeded' })).toMatchObject({
      status: 200,
      body: { taken: false },
    });
    expect(await shown(stage)).toBe(unknown);
  });

  it('refuses a forged and a stale report, and an unknown id in the same words as a forged one', async () => {
    const { stage, url } = await running();
    const before = await shown(stage);
    const report = { attempt: 1, status: 'succeeded' } as const;
    const forged = await stage.target.callback(url, report, { wrongSecret: true });
    expect([forged.status, forged.body]).toEqual([401, FORGED]);

    const nobody = url.replace(/[^/]+$/, 'mit_nobody');
    for (const override of [{ wrongSecret: true }, {}, { staleSeconds: 360 }]) {
      const unknown = await stage.target.callback(nobody, report, override);
      expect([unknown.status, unknown.body]).toEqual([401, FORGED]);
    }
    const unsigned = await fetch(url, { method: 'POST', body: JSON.stringify(report) });
    expect([unsigned.status, await unsigned.json()]).toEqual([401, FORGED]);

    const stale = await stage.target.callback(url, report, { staleSeconds: 360 });
    expect([stale.status, stale.body]).toEqual([
      401,
      { error: 'The signature is older than 5 minutes.', code: 'delivery_stale' },
    ]);
    expect(await shown(stage)).toBe(before);
  });

  it('while its secret rotates, the request is signed with the first, and a report may be with either', async () => {
    const [old, retired] = ['old', 'retired'].map(
      (word) => `whsec_${Buffer.alloc(32, word).toString('base64')}`,
    );
    const { stage, url } = await running({ AIRE_SECRET_DEPLOY_SIGNING: `${SECRET},${old}` });
    expect(stage.target.requests()).toMatchObject([{ verified: true, status: 202 }]);
    const report = (status: string, secret: string | undefined) =>
      postRaw(url, JSON.stringify({ attempt: 1, status }), secret);
    expect(await report('failed', retired)).toEqual([401, FORGED]);
    expect((await report('running', old))[0]).toBe(202);
    expect((await report('succeeded', SECRET))[0]).toBe(202);
  });

  it('says how to report when it is told something else', async () => {
    const { stage, url } = await running();
    const before = await shown(stage);
    for (const body of [
      '{"attempt":1',
      '[]',
      '{"attempt":"1","status":"succeeded"}',
      '{"attempt":1,"status":"done"}',
      JSON.stringify({ attempt: 1, status: 'succeeded', detail: 'x'.repeat(2001) }),
    ]) {
      expect(await postRaw(url, body), body.slice(0, 60)).toEqual([
        400,
        {
          error: 'Send {"attempt": 1, "status": "running" | "succeeded" | "failed", "detail": "…"}.',
          code: 'delivery_unreadable',
        },
      ]);
    }
    expect(await shown(stage)).toBe(before);
    expect((await postRaw(url, '{"attempt":1,"status":"succeeded"}'))[0]).toBe(202);
  });

  it('refuses more than 64 KB', async () => {
    const { url } = await running();
    const [status, body] = await postRaw(url, '{}'.padEnd(64 * 1024 + 1));
    expect(status).toBe(413);
    expect(body).toMatchObject({ error: expect.stringContaining('larger than 64 KB') });
  });
});
