import { describe, expect, it } from 'vitest';
import type { SlackFault } from '../../src/adapters/stand-ins/slack/faults.ts';
import { clickButton } from '../../src/cli/demo/hands.ts';
import { HOUR, MINUTE, SECOND } from '../../src/time.ts';
import { ANA, BEN, propose, type TestStage, toldTo, useStage } from '../support/stage.ts';

const stageWith = useStage();
const CHANNEL = 'inc-1-support-agent';

const texts = (stage: TestStage, channel: string) =>
  stage.slack.channel(channel).messages.map((message) => message.text);
const incidentChannels = (stage: TestStage) =>
  stage.slack
    .channels()
    .map((each) => each.name)
    .filter((name) => name.startsWith('inc-'));
const attempts = (stage: TestStage, method: string) => stage.slack.calls(method).length;

/** Time goes on until everything that is tried again has been. */
async function goOn(stage: TestStage, ms: number, step = 5 * SECOND): Promise<void> {
  for (let gone = 0; gone < ms; gone += step) await stage.pass(step);
}

async function press(stage: TestStage, user = ANA): Promise<void> {
  const { ts } = stage.slack.message('incidents', (message) => message.text.includes('declare an incident?'));
  await stage.slack.as(user).click({ channel: 'incidents', ts, actionId: 'proposal.declare' });
  await stage.app.settle();
}

/** What the two channels hold when nothing was lost and nothing was said twice. */
function expectComplete(stage: TestStage): void {
  expect(texts(stage, 'incidents')).toEqual([
    'Eval score drop at support-agent: declare an incident?',
    'SEV2 INC-1 support-agent: Eval score drop',
  ]);
  expect(incidentChannels(stage)).toEqual([CHANNEL]);
  const { messages, members } = stage.slack.channel(CHANNEL);
  expect(messages.map((message) => [message.text, message.pinned])).toEqual([
    ['SEV2 INC-1 support-agent: Eval score drop (triage)', true],
  ]);
  expect(members).toContain(ANA);
  expect(stage.slack.render(stage.slack.channel('incidents').messages[1] ?? [])).toContain(`→ #${CHANNEL}`);
}

const FAULTS: readonly (readonly [string, SlackFault])[] = [
  ...(['rate_limited', 'error', 'accept_then_drop', 'platform_error:internal_error'] as const).flatMap(
    (fault) =>
      ['chat.postMessage', 'conversations.create'].map((method): [string, SlackFault] => [method, fault]),
  ),
  ...['chat.update', 'conversations.invite', 'conversations.info', 'pins.add'].map(
    (method): [string, SlackFault] => [method, 'error'],
  ),
];

describe('Slack fails twice, then works', () => {
  it.each(FAULTS)('%s with %s: everything appears, once', async (method, fault) => {
    const stage = await stageWith();
    await propose(stage);
    stage.slack.misbehave(method, fault, 2);
    await press(stage);
    await goOn(stage, 20 * SECOND);
    expectComplete(stage);
    expect(stage.slack.calls(method).some((call) => call.outcome === fault)).toBe(true);
  });
});

describe('a message whose answer was lost', () => {
  it('is found again by its metadata', async () => {
    const stage = await stageWith();
    stage.slack.misbehave('chat.postMessage', 'accept_then_drop');
    await propose(stage);
    expect(texts(stage, 'incidents')).toHaveLength(1);
    await goOn(stage, 10 * SECOND);
    expect(texts(stage, 'incidents')).toHaveLength(1);
    expect(attempts(stage, 'chat.postMessage')).toBe(1);
    expect(attempts(stage, 'conversations.history')).toBeGreaterThan(0);
    // It is known again: the answer to the question edits it.
    await press(stage);
    expect(stage.slack.render(stage.slack.channel('incidents').messages[0] ?? [])).toContain(
      'Declared by @ana',
    );
  });

  it('is found by the next job too, when that one takes over', async () => {
    const stage = await stageWith();
    await propose(stage);
    // The announcement's answer is lost while the channel is being made, which asks for another announcement.
    stage.slack.misbehave('chat.postMessage', 'accept_then_drop', 2);
    await press(stage);
    await goOn(stage, 20 * SECOND);
    expectComplete(stage);
  });

  it('would be there twice without its metadata: the stand-in posts what it is asked to', async () => {
    const stage = await stageWith();
    stage.slack.misbehave('chat.postMessage', 'accept_then_drop');
    const post = () =>
      fetch(`${stage.slack.url}/api/chat.postMessage`, {
        method: 'POST',
        headers: { authorization: 'Bearer xoxb-stage', 'content-type': 'application/json' },
        body: JSON.stringify({ channel: 'incidents', text: 'careless' }),
      });
    await expect(post()).rejects.toThrow('fetch failed');
    await post();
    expect(texts(stage, 'incidents')).toEqual(['careless', 'careless']);
  });
});

describe('a channel whose creation was not answered', () => {
  it('is recognised as our own', async () => {
    const stage = await stageWith();
    await propose(stage);
    stage.slack.misbehave('conversations.create', 'accept_then_drop');
    await press(stage);
    expect(incidentChannels(stage)).toEqual([CHANNEL]);
    await goOn(stage, 10 * SECOND);
    expectComplete(stage);
    expect(attempts(stage, 'conversations.create')).toBe(2);
  });

  it('is not mistaken for a channel of the same name that somebody else made', async () => {
    const stage = await stageWith();
    await propose(stage);
    await fetch(`${stage.slack.url}/api/conversations.create`, {
      method: 'POST',
      headers: { authorization: 'Bearer xoxb-stage', 'content-type': 'application/json' },
      body: JSON.stringify({ name: CHANNEL }),
    });
    await press(stage);
    expect(incidentChannels(stage)).toEqual([CHANNEL, `${CHANNEL}-2`]);
    expect(texts(stage, CHANNEL)).toEqual([]);
    expect(texts(stage, `${CHANNEL}-2`)).toHaveLength(1);
  });
});

describe('Slack says no', () => {
  it('to the channel: people read what was given up and how to go on', async () => {
    const stage = await stageWith();
    await propose(stage);
    stage.slack.misbehave('conversations.create', 'platform_error:restricted_action');
    await press(stage);
    const dead = texts(stage, 'incidents').find((text) => text.includes('gave up'));
    expect(dead).toMatch(
      /^:warning: aire gave up on “incident\.open_channel”: Slack: restricted_action\. Mend the cause, then run `aire outbox retry \d+`\.$/,
    );
  });

  it('to one invitation: the others are invited all the same', async () => {
    const stage = await stageWith();
    await propose(stage);
    stage.slack.misbehave('conversations.invite', 'platform_error:user_is_restricted');
    await press(stage, BEN);
    expect(stage.slack.channel(CHANNEL).members).toContain(BEN);
    expect(stage.slack.channel(CHANNEL).messages).toHaveLength(1);
  });
});

describe('Slack is down', () => {
  it('for an hour: alerts are taken meanwhile, and then everything appears once and in order', async () => {
    const stage = await stageWith();
    await propose(stage);
    await stage.slack.as(ANA).command('help');
    const { ts } = stage.slack.message('incidents', () => true);
    stage.slack.down(true);
    const click = { channel: 'incidents', ts, actionId: 'proposal.declare' };
    expect((await stage.slack.as(ANA).click(click)).status).toBe(200);
    await stage.app.settle();
    const alert = { type: 'acknowledged', id: 'PINC1', title: 'Hallucination rate high' } as const;
    expect((await stage.pagerduty.incident(alert)).status).toBe(202);
    await stage.app.settle();
    expect((await stage.slack.as(ANA).command('resolve 1 rolled back')).status).toBe(200);
    await stage.app.settle();
    expect(incidentChannels(stage)).toEqual([]);

    await stage.pass(HOUR);
    stage.slack.down(false);
    await goOn(stage, 3 * MINUTE, 30 * SECOND);
    // The alert is acknowledged and not over: an hour after the incident was resolved that is asked about.
    expect(texts(stage, 'incidents')).toHaveLength(3);
    const asked = stage.slack.message('incidents', (message) =>
      message.text.includes('declare an incident?'),
    );
    expect(stage.slack.render(asked)).toContain('INC-1 was resolved, but this goes on.');
    expect(stage.slack.message('incidents', (message) => message.text.startsWith('SEV2')).text).toBe(
      'SEV2 INC-1 support-agent: Eval score drop',
    );
    expect(incidentChannels(stage)).toEqual([CHANNEL]);
    const said = texts(stage, CHANNEL).map((text) => text.replace(/ at PagerDuty| \/.*/g, ''));
    expect(said).toEqual([
      'SEV2 INC-1 support-agent: Eval score drop (post_incident)',
      'Alert “Hallucination rate high” is acknowledged',
      'Resolved INC-1. rolled back',
      'Postmortem drafted:',
    ]);
    expect(await stage.count('jobs')).toBeGreaterThan(0);
  });

  it('a private answer waits for it', async () => {
    const stage = await stageWith();
    await propose(stage);
    await clickButton(stage, ANA, 'incidents', 'Declare');
    const { ts } = stage.slack.message(CHANNEL, () => true);
    const click = { channel: CHANNEL, ts, actionId: 'incident.advance' };
    await stage.slack.as(ANA).click(click);
    stage.slack.down(true);
    await stage.slack.as(ANA).click(click);
    await stage.app.settle();
    expect(toldTo(stage, ANA)).toBeUndefined();
    stage.slack.down(false);
    await stage.pass(MINUTE);
    expect(toldTo(stage, ANA)).toBe('INC-1 is already in scope.');
  });
});
