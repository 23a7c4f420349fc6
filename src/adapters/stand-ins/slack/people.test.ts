import type { Server } from 'node:http';
import { App, HTTPReceiver } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock, MINUTE, SECOND } from '../../../time.ts';
import type { JsonObject } from './json.ts';
import { type SlackStandIn, startSlackStandIn } from './slack-stand-in.ts';
import { SILENT_LOGGER } from './test-builders.ts';

const TOKEN = 'xoxb-test';
const plain = (text: string) => ({ type: 'plain_text' as const, text });
const OPTIONS = ['1', '2'].map((value) => ({ text: plain(`SEV${value}`), value }));
const CARD = [
  {
    type: 'actions' as const,
    block_id: 'card',
    elements: [
      { type: 'button' as const, text: plain('Tick'), action_id: 'tick', value: 'step-1' },
      { type: 'static_select' as const, action_id: 'severity', options: OPTIONS },
    ],
  },
  {
    type: 'section' as const,
    text: plain('second step'),
    accessory: { type: 'button' as const, text: plain('Tick'), action_id: 'tick', value: 'step-2' },
  },
];

let wall: ManualClock;
let slack: SlackStandIn;
let app: App;
let bot: Server;
/** Payloads Bolt let through, in order. */
let seen: JsonObject[];
let respondToCommand: string | JsonObject;

beforeEach(async () => {
  wall = createManualClock(new Date());
  seen = [];
  respondToCommand = 'done';
  slack = await startSlackStandIn({
    clock: createManualClock(new Date('2026-11-21T10:00:00Z')),
    wallClock: wall,
    botToken: TOKEN,
    signingSecret: 'signing',
    channels: [{ name: 'general' }, { name: 'secret', isPrivate: true, members: ['U0ANA'] }],
  });
  const logger = SILENT_LOGGER;
  app = new App({
    receiver: new HTTPReceiver({ signingSecret: 'signing', logger }),
    logger,
    authorize: async () => ({ botToken: TOKEN, botId: 'B0AIREBOT', botUserId: 'U0AIREBOT' }),
    clientOptions: { slackApiUrl: `${slack.url}/api/`, retryConfig: { retries: 0 }, logger },
  });
  app.command('/aire', async ({ command, ack }) => {
    seen.push({ ...command });
    await ack(respondToCommand);
  });
  app.action(/.*/, async ({ body, ack }) => {
    seen.push({ ...body });
    await ack();
  });
  app.shortcut(/.*/, async ({ body, ack }) => {
    seen.push({ ...body });
    await ack();
  });
  app.event('pin_added', async ({ body }) => {
    seen.push({ ...body });
  });
  const started = await app.start({ port: 0, host: '127.0.0.1' });
  if (!('address' in started)) throw new Error('Bolt gave no server');
  bot = started;
  const address = bot.address();
  slack.connect(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
});

afterEach(async () => {
  await app.stop();
  await slack.close();
});

async function post(channel = 'general'): Promise<string> {
  return (await app.client.chat.postMessage({ token: TOKEN, channel, text: 'card', blocks: CARD })).ts ?? '';
}

async function refusal(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => new Error('Slack accepted it'),
    (thrown: unknown) => thrown,
  );
  return String(error);
}

describe('commands', () => {
  it('arrive signed, with channel and person, and their answer is shown to that person', async () => {
    const answer = await slack.as('U0ANA').command('incident list', { channel: '#general' });
    expect(answer).toMatchObject({ status: 200, body: 'done' });
    expect(seen).toMatchObject([
      {
        command: '/aire',
        text: 'incident list',
        user_id: 'U0ANA',
        channel_name: 'general',
        team_id: 'T0AIRE',
      },
    ]);
    expect(slack.ephemerals()).toMatchObject([{ user: 'U0ANA', ts: answer.ts, text: 'done' }]);
  });

  it('do not tell the name of a private channel, nor work for who is not in it', async () => {
    await slack.as('U0ANA').command('help', { channel: 'secret' });
    expect(seen).toMatchObject([{ channel_name: 'privategroup' }]);
    await expect(slack.as('U0BEN').command('help', { channel: 'secret' })).rejects.toThrow(
      'not in the private',
    );
  });

  it('are answered in the channel when the bot says so, and not at all with broken blocks', async () => {
    respondToCommand = { response_type: 'in_channel', text: 'declared' };
    await slack.as('U0ANA').command('x');
    expect(slack.channel('general').messages).toMatchObject([{ text: 'declared' }]);
    respondToCommand = { text: 'x', blocks: [{ type: 'header', text: plain('x'.repeat(151)) }] };
    await expect(slack.as('U0ANA').command('x')).rejects.toThrow('invalid_command_response');
  });

  it('are refused with a wrong signature or an old timestamp', async () => {
    const ana = slack.as('U0ANA');
    expect((await ana.command('x', { wrongSignature: true })).status).toBe(401);
    expect((await ana.command('x', { staleTimestamp: true })).status).toBe(401);
    expect(seen).toEqual([]);
  });

  it('may come from another team, or twice with the same bytes', async () => {
    await slack.as('U0ANA').command('x', { teamId: 'T0OTHER' });
    expect(seen[0]?.team_id).toBe('T0OTHER');
    const answer = await slack.as('U0ANA').command('x', { replay: true });
    expect(answer.replayed?.status).toBe(200);
    expect(seen[2]).toEqual(seen[1]);
  });

  it('say status 0 when the bot is away', async () => {
    slack.connect('http://127.0.0.1:1');
    expect((await slack.as('U0ANA').command('x')).status).toBe(0);
  });
});

describe('clicks', () => {
  it('carry the real element of the message', async () => {
    const ts = await post();
    const answer = await slack
      .as('U0ANA')
      .click({ channel: 'general', ts, actionId: 'tick', value: 'step-1' });
    expect(answer.status).toBe(200);
    expect(seen).toMatchObject([
      {
        type: 'block_actions',
        user: { id: 'U0ANA' },
        team: { id: 'T0AIRE' },
        channel: { id: slack.channel('general').id, name: 'general' },
        container: { type: 'message', message_ts: ts, is_ephemeral: false },
        message: { ts, text: 'card' },
        actions: [
          { type: 'button', action_id: 'tick', block_id: 'card', value: 'step-1', text: plain('Tick') },
        ],
      },
    ]);
  });

  it('are impossible where there is no such button, or several', async () => {
    const ts = await post();
    const ana = slack.as('U0ANA');
    await expect(ana.click({ channel: 'general', ts, actionId: 'tick' })).rejects.toThrow('several');
    await expect(ana.click({ channel: 'general', ts, actionId: 'gone' })).rejects.toThrow(
      'There is no button gone',
    );
    await expect(ana.click({ channel: 'general', ts, actionId: 'severity' })).rejects.toThrow(
      'There is no button',
    );
    await expect(ana.click({ channel: 'general', ts: '1.1', actionId: 'tick' })).rejects.toThrow(
      'sees no message',
    );
    expect(seen).toEqual([]);
  });

  it('choose what a menu offers, and nothing else', async () => {
    const ts = await post();
    const target = { channel: 'general', ts, actionId: 'severity' };
    await slack.as('U0ANA').select({ ...target, option: '2' });
    expect(seen).toMatchObject([
      {
        actions: [{ type: 'static_select', selected_option: { value: '2' } }],
        state: { values: { card: { severity: { selected_option: { value: '2' } } } } },
      },
    ]);
    await expect(slack.as('U0ANA').select({ ...target, option: '9' })).rejects.toThrow('has no option 9');
  });

  it('work on ephemeral messages for the one who sees them, without a message in the payload', async () => {
    respondToCommand = { text: 'only you', blocks: CARD };
    const { ts = '' } = await slack.as('U0ANA').command('x');
    const target = { channel: 'general', ts, actionId: 'tick', value: 'step-2' };
    await slack.as('U0ANA').click(target);
    expect(seen[1]).toMatchObject({ container: { is_ephemeral: true } });
    expect(seen[1]).not.toHaveProperty('message');
    await expect(slack.as('U0BEN').click(target)).rejects.toThrow('sees no message');
  });
});

describe('shortcuts and events', () => {
  it('are global, or about a message', async () => {
    const ana = slack.as('U0ANA');
    const ts = slack.as('U0BEN').say('general', 'latency is up');
    await ana.shortcut('declare');
    await ana.shortcut('add_to_timeline', { on: { channel: 'general', ts } });
    expect(seen).toMatchObject([
      { type: 'shortcut', callback_id: 'declare' },
      {
        type: 'message_action',
        callback_id: 'add_to_timeline',
        message: { text: 'latency is up', user: 'U0BEN' },
      },
    ]);
    expect(seen[0]).not.toHaveProperty('channel');
  });

  it('come in an envelope whose id stays when they are repeated', async () => {
    const { eventId } = await slack.sendEvent({ type: 'pin_added', user: 'U0ANA' });
    await slack.sendEvent({ type: 'pin_added', user: 'U0ANA' }, { eventId, retryNum: 1 });
    expect((await slack.sendEvent({ type: 'pin_added' }, { wrongSignature: true })).status).toBe(401);
    expect(seen).toMatchObject([
      { type: 'event_callback', event_id: eventId },
      { type: 'event_callback', event_id: eventId },
    ]);
    expect(seen).toHaveLength(2);
  });
});

describe('response URLs', () => {
  async function responseUrl(): Promise<{ ts: string; url: string }> {
    const ts = await post();
    await slack.as('U0ANA').click({ channel: 'general', ts, actionId: 'tick', value: 'step-1' });
    return { ts, url: String(seen.at(-1)?.response_url) };
  }
  const send = (url: string, message: JsonObject) =>
    fetch(url, { method: 'POST', body: JSON.stringify(message) });

  it('answer the one who acted, replace and delete the original', async () => {
    const { ts, url } = await responseUrl();
    await send(url, { text: 'noted' });
    expect(slack.ephemerals()).toMatchObject([{ user: 'U0ANA', text: 'noted' }]);
    await send(url, { text: 'ticked', replace_original: true });
    expect(slack.message('general', (message) => message.ts === ts)).toMatchObject({
      text: 'ticked',
      edited: 1,
    });
    await send(url, { delete_original: true });
    expect(slack.channel('general').messages).toEqual([]);
  });

  it('are good for five uses', async () => {
    const { url } = await responseUrl();
    for (let i = 0; i < 5; i++) expect((await send(url, { text: `${i}` })).status).toBe(200);
    expect((await send(url, { text: 'six' })).status).toBe(404);
    expect(slack.ephemerals()).toHaveLength(5);
  });

  it('are good for 30 minutes', async () => {
    const { url } = await responseUrl();
    wall.advance(30 * MINUTE);
    expect((await send(url, { text: 'in time' })).status).toBe(200);
    wall.advance(SECOND);
    expect((await send(url, { text: 'late' })).status).toBe(404);
  });

  it('refuse broken messages, and misbehave on demand', async () => {
    const { url } = await responseUrl();
    expect((await send(url, {})).status).toBe(400);
    slack.misbehave('response_url', 'accept_then_drop');
    expect(await refusal(send(url, { text: 'shown' }))).toContain('fetch failed');
    expect(slack.ephemerals()).toMatchObject([{ text: 'shown' }]);
  });
});
