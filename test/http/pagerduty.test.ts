import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createPagerDutySender } from '../../src/adapters/stand-ins/pagerduty-webhooks.ts';
import { latest } from '../../src/cli/demo/hands.ts';
import { START, type TestStage, useStage } from '../support/stage.ts';

const stageWith = useStage();
const MB = 1024 * 1024;
const RINGS = { type: 'triggered', id: 'PINC1', title: 'Hallucination rate high on support-agent' } as const;
const TOO_LARGE = {
  error: 'The body is larger than 1 MB, the limit here. Send it in smaller parts.',
  code: 'delivery_oversized',
};

async function stored(stage: TestStage) {
  return {
    deliveries: await stage.count('deliveries'),
    signals: await stage.count('signals'),
    jobs: await stage.count('jobs'),
  };
}
const NOTHING = { deliveries: 0, signals: 0, jobs: 0 };
const said = (stage: TestStage) =>
  stage.slack.channel('incidents').messages.map((message) => stage.slack.render(message));

describe('POST /webhooks/pagerduty', () => {
  it('takes an incident event and asks', async () => {
    const stage = await stageWith();
    expect(await stage.pagerduty.incident(RINGS)).toMatchObject({
      status: 202,
      body: { accepted: 1, duplicate: 0, refused: [] },
    });
    await stage.app.settle();
    expect(said(stage)).toEqual([expect.stringContaining('[Declare] [Not an incident]')]);
  });

  it('answers a ping, and nothing comes of it', async () => {
    const stage = await stageWith();
    expect(await stage.pagerduty.ping()).toMatchObject({
      status: 202,
      body: { note: 'pong: PagerDuty can reach aire and its signature fits.' },
    });
    await stage.app.settle();
    expect(await stored(stage)).toEqual({ ...NOTHING, deliveries: 1 });
    expect(said(stage)).toEqual([]);
  });

  it('refuses a forged delivery, and stores nothing', async () => {
    const stage = await stageWith();
    const answer = await stage.pagerduty.incident(RINGS, { wrongSignature: true });
    expect([answer.status, answer.body]).toEqual([
      401,
      {
        error: 'The signature fits no PAGERDUTY_WEBHOOK_SECRET. Nothing was stored.',
        code: 'delivery_unauthenticated',
      },
    ]);
    expect(await stored(stage)).toEqual(NOTHING);
  });

  it('refuses an unsigned delivery', async () => {
    const stage = await stageWith();
    const answer = await fetch(`${stage.app.url}/webhooks/pagerduty`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(401);
    expect(await stored(stage)).toEqual(NOTHING);
  });

  it('refuses more than a megabyte, and stores nothing', async () => {
    const stage = await stageWith();
    const answer = await stage.pagerduty.incident(RINGS, { oversizedBytes: MB + 1 });
    expect([answer.status, answer.body]).toEqual([413, TOO_LARGE]);
    expect(await stored(stage)).toEqual(NOTHING);
    expect(await stage.pagerduty.incident(RINGS, { oversizedBytes: MB })).toMatchObject({ status: 202 });
  });

  it('refuses more than a megabyte whose length nobody declared', async () => {
    const stage = await stageWith();
    const chunk = new Uint8Array(64 * 1024);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += chunk.length;
        controller.enqueue(chunk);
        if (sent > 8 * MB) controller.close();
      },
    });
    const answer = await fetch(`${stage.app.url}/webhooks/pagerduty`, {
      method: 'POST',
      body,
      duplex: 'half',
    });
    expect([answer.status, await answer.json()]).toEqual([413, TOO_LARGE]);
    expect(await stored(stage)).toEqual(NOTHING);
  });

  it('takes what it cannot read, so that PagerDuty does not disable it, and says so in the channel', async () => {
    const stage = await stageWith();
    for (let i = 0; i < 3; i++)
      expect(await stage.pagerduty.incident(RINGS, { unreadable: true })).toMatchObject({ status: 202 });
    expect(stage.pagerduty.dropsInARow()).toBe(0);
    await stage.app.settle();
    expect(said(stage)).toHaveLength(3);
    expect(said(stage)[0]).toBe(
      ':inbox_tray: A delivery from pagerduty could not be used, so no incident came of it. The body is no PagerDuty V3 webhook (no event with id, event_type, occurred_at). Subscribe with webhook version 3.',
    );
    expect(await stage.count('incidents')).toBe(0);
  });

  it('says what to add for a service nobody claims', async () => {
    const stage = await stageWith();
    const answer = await stage.pagerduty.incident({
      ...RINGS,
      title: 'Disk <!channel> full',
      serviceId: 'PNEW',
    });
    expect(answer.status).toBe(202);
    await stage.app.settle();
    const message = latest(stage.slack, 'incidents', 'could not be used');
    expect(stage.slack.render(message)).toContain(
      'No service file claims PagerDuty service PNEW (Support agent), which sent "Disk <!channel> full". Add to the file of the service it belongs to:  owners: { pagerduty_service: PNEW }',
    );
    expect(JSON.stringify(message)).not.toContain('<!channel>');
  });

  it('the same X-Webhook-Id again has no effect', async () => {
    const stage = await stageWith();
    const first = await stage.pagerduty.incident(RINGS);
    await stage.app.settle();
    const before = await stored(stage);
    expect(await stage.pagerduty.retry(first.webhookId)).toMatchObject({
      status: 200,
      body: { accepted: 0, duplicate: 1, refused: [] },
    });
    await stage.app.settle();
    expect(await stored(stage)).toEqual(before);
    expect(said(stage)).toHaveLength(1);

    // Another delivery of it is another one.
    expect(await stage.pagerduty.incident(RINGS)).toMatchObject({ status: 202 });
  });

  it('without the X-Webhook-Id header the body itself is the key', async () => {
    const stage = await stageWith();
    const body = JSON.stringify({
      event: { id: 'E1', event_type: 'pagey.ping', occurred_at: START.toISOString(), data: {} },
    });
    const signature = `v1=${createHmac('sha256', 'stage-pagerduty-secret').update(body).digest('hex')}`;
    const post = async () =>
      (
        await fetch(`${stage.app.url}/webhooks/pagerduty`, {
          method: 'POST',
          headers: { 'x-pagerduty-signature': signature },
          body,
        })
      ).status;
    expect([await post(), await post()]).toEqual([202, 200]);
  });

  it('the same unreadable delivery again is reported once', async () => {
    const stage = await stageWith();
    const first = await stage.pagerduty.incident(RINGS, { unreadable: true });
    expect(await stage.pagerduty.retry(first.webhookId)).toMatchObject({ status: 200 });
    await stage.app.settle();
    expect(said(stage)).toHaveLength(1);
  });

  it('while secrets rotate, either fits, and one of several signatures is enough', async () => {
    const stage = await stageWith({ pagerdutySecrets: ['old-secret', 'new-secret'] });
    const sender = (...secrets: string[]) =>
      createPagerDutySender({ url: stage.app.url, secrets, serviceId: 'PSVC1', clock: stage.clock });
    expect(await sender('old-secret').ping()).toMatchObject({ status: 202 });
    expect(await sender('new-secret').ping()).toMatchObject({ status: 202 });
    expect(await sender('somebody else', 'new-secret').ping()).toMatchObject({ status: 202 });
    expect(await sender('somebody else', 'retired').ping()).toMatchObject({ status: 401 });
  });
});
