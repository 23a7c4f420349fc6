import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ANA, propose, type TestStage, useStage } from '../support/stage.ts';

const stageWith = useStage();
/** As the stage configures it. */
const SIGNING_SECRET = 'stage-slack-secret';
const OTHER_TEAM = 'This aire serves another workspace.';
const TEAM_UNKNOWN = 'aire could not ask Slack which workspace this is. Try again in a minute.';

/** What would change if a request were obeyed. */
async function state(stage: TestStage) {
  return {
    jobs: await stage.count('jobs'),
    incidents: await stage.count('incidents'),
    calls: stage.slack.calls().length,
    ephemerals: stage.slack.ephemerals().length,
    views: stage.slack.views().length,
  };
}

/** A command as Slack sends it, signed `secondsFromNow`. */
async function post(
  stage: TestStage,
  options: { secondsFromNow?: number; signature?: string; body?: string } = {},
): Promise<Response> {
  const body =
    options.body ??
    new URLSearchParams({
      command: '/aire',
      text: 'review now',
      team_id: 'T0AIRE',
      user_id: ANA,
      channel_id: 'C00000002',
      trigger_id: '1.2.3',
    }).toString();
  const timestamp = String(Math.floor(Date.now() / 1000) + (options.secondsFromNow ?? 0));
  const digest = createHmac('sha256', SIGNING_SECRET).update(`v0:${timestamp}:${body}`).digest('hex');
  return fetch(`${stage.app.url}/slack/events`, {
    method: 'POST',
    headers: {
      connection: 'close',
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': options.signature ?? `v0=${digest}`,
    },
    body,
  });
}

describe('who may speak to /slack/events', () => {
  it('a request signed now is obeyed', async () => {
    const stage = await stageWith();
    expect((await post(stage)).status).toBe(200);
    expect(await stage.count('jobs')).toBe(1);
  });

  it.each([
    ['without a fitting signature', { signature: `v0=${'0'.repeat(64)}` }],
    ['with a signature that is none', { signature: 'x' }],
    ['signed six minutes ago', { secondsFromNow: -360 }],
    ['signed six minutes from now', { secondsFromNow: 360 }],
  ])('a request %s is refused, and nothing changes', async (_how, how) => {
    const stage = await stageWith();
    const before = await state(stage);
    expect((await post(stage, how)).status).toBe(401);
    await stage.app.settle();
    expect(await state(stage)).toEqual(before);
  });

  it.each(['wrongSignature', 'staleTimestamp'] as const)('a click with %s changes nothing', async (how) => {
    const stage = await stageWith();
    await propose(stage);
    const before = await state(stage);
    const { ts } = stage.slack.message('incidents', () => true);
    const click = { channel: 'incidents', ts, actionId: 'proposal.declare' };
    expect((await stage.slack.as(ANA).click(click, { [how]: true })).status).toBe(401);
    await stage.app.settle();
    expect(await state(stage)).toEqual(before);

    expect((await stage.slack.as(ANA).click(click)).status).toBe(200);
    expect(await stage.count('incidents')).toBe(1);
  });

  it('a body of more than four megabytes is refused before it is read to its end', async () => {
    const stage = await stageWith();
    const answer = await post(stage, { body: 'x'.repeat(4 * 1024 * 1024 + 1) });
    expect(answer.status).toBe(413);
  });
});

describe('other workspaces', () => {
  it('hear in words that this aire is not theirs', async () => {
    const stage = await stageWith();
    const answer = await stage.slack.as(ANA).command('review now', { teamId: 'T0OTHER' });
    expect(answer.body).toMatchObject({ response_type: 'ephemeral', text: OTHER_TEAM });
    expect(await stage.count('jobs')).toBe(0);
  });

  it('change nothing by clicks and forms', async () => {
    const stage = await stageWith();
    await propose(stage);
    const { ts } = stage.slack.message('incidents', () => true);
    const click = { channel: 'incidents', ts, actionId: 'proposal.declare' };
    expect((await stage.slack.as(ANA).click(click, { teamId: 'T0OTHER' })).status).toBe(200);
    expect(await stage.count('incidents')).toBe(0);

    await stage.slack.as(ANA).command('declare');
    const view = stage.slack.views()[0];
    const filled = { service: 'support-agent', title: 'bad answers' };
    const submitted = await stage.slack.as(ANA).submit(view?.id ?? '', filled, { teamId: 'T0OTHER' });
    expect(submitted.body).toMatchObject({ response_action: 'errors', errors: { service: OTHER_TEAM } });
    expect(await stage.count('incidents')).toBe(0);
  });
});

describe('while nobody can say which workspace this is', () => {
  it('a command is refused in words, and obeyed once Slack answers', async () => {
    const stage = await stageWith();
    stage.slack.down(true);
    const answer = await stage.slack.as(ANA).command('help');
    expect(answer.body).toMatchObject({ response_type: 'ephemeral', text: TEAM_UNKNOWN });

    stage.slack.down(false);
    const again = await stage.slack.as(ANA).command('help');
    expect(again.body).toMatchObject({ text: 'aire: commands' });
  });

  it('a click fails, so that Slack shows that nothing was done', async () => {
    const stage = await stageWith();
    await propose(stage);
    const { ts } = stage.slack.message('incidents', () => true);
    const click = { channel: 'incidents', ts, actionId: 'proposal.declare' };
    stage.slack.down(true);
    expect((await stage.slack.as(ANA).click(click)).status).toBeGreaterThanOrEqual(500);
    expect(await stage.count('incidents')).toBe(0);

    stage.slack.down(false);
    expect((await stage.slack.as(ANA).click(click)).status).toBe(200);
    expect(await stage.count('incidents')).toBe(1);
  });

  it('once known, the workspace is known while Slack is away', async () => {
    const stage = await stageWith();
    await stage.slack.as(ANA).command('help');
    stage.slack.down(true);
    const answer = await stage.slack.as(ANA).command('list');
    expect(answer.body).toMatchObject({ text: expect.stringContaining('No incident is open.') });
  });
});
