import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SECOND } from '../../../time.ts';
import { openTestWorkspace, refusal, type TestWorkspace } from './test-builders.ts';

let at: TestWorkspace;
beforeEach(async () => {
  at = await openTestWorkspace();
});
afterEach(() => at.slack.close());

describe('chat', () => {
  it('posts to public channels by id, name and #name without joining', async () => {
    for (const channel of [at.slack.channel('incidents').id, 'incidents', '#incidents'])
      await at.post(channel);
    expect(at.slack.channel('incidents').messages).toHaveLength(3);
    expect(at.slack.channel('incidents').members).not.toContain('U0AIREBOT');
  });

  it('gives times that only rise, from the given clock', async () => {
    const first = await at.post('general');
    const second = await at.post('general');
    at.clock.advance(-60 * SECOND);
    const third = await at.post('general');
    at.clock.advance(120 * SECOND);
    const fourth = await at.post('general');
    expect([...[third, first, fourth, second]].sort()).toEqual([first, second, third, fourth]);
    expect(first).toMatch(/^1795255200\.\d{6}$/);
    expect(fourth).toMatch(/^1795255260\./);
  });

  it('refuses channels the bot does not know or is not in', async () => {
    const secret = at.slack.channel('secret').id;
    expect(await refusal(at.post('nowhere'))).toBe('channel_not_found');
    expect(await refusal(at.post('secret'))).toBe('channel_not_found');
    expect(await refusal(at.post(secret))).toBe('not_in_channel');
    expect(await refusal(at.client.conversations.info({ channel: secret }))).toBe('channel_not_found');
    expect(await refusal(at.client.conversations.history({ channel: at.slack.channel('general').id }))).toBe(
      'not_in_channel',
    );
  });

  it('sends direct messages to a user id', async () => {
    await at.post('U0ANA', 'psst');
    const opened = await at.client.conversations.open({ users: 'U0ANA' });
    expect(at.slack.channel(opened.channel?.id ?? '')).toMatchObject({
      isIm: true,
      messages: [{ text: 'psst' }],
    });
  });

  it('updates own messages and counts the edits; absent blocks and metadata stay, empty ones go', async () => {
    const channel = await at.newChannel();
    const metadata = { event_type: 'card', event_payload: { key: 'a' } };
    const blocks = [{ type: 'divider' as const }];
    const { ts = '' } = await at.client.chat.postMessage({ channel, text: 'one', blocks, metadata });
    await at.client.chat.update({ channel, ts, text: 'two' });
    expect(at.slack.message(channel, () => true)).toMatchObject({ text: 'two', edited: 1, blocks, metadata });
    await at.client.apiCall('chat.update', { channel, ts, text: 'three', blocks: [], metadata: {} });
    const message = at.slack.message(channel, () => true);
    expect(message).toMatchObject({ text: 'three', edited: 2, blocks: [] });
    expect(message.metadata).toBeUndefined();
    expect(await refusal(at.client.chat.update({ channel, ts: '1.000001', text: 'x' }))).toBe(
      'message_not_found',
    );
    const theirs = at.slack.as('U0ANA').say('general', 'mine');
    const general = at.slack.channel('general').id;
    expect(await refusal(at.client.chat.update({ channel: general, ts: theirs, text: 'x' }))).toBe(
      'cant_update_message',
    );
  });

  it('limits texts and refuses empty messages', async () => {
    const channel = await at.newChannel();
    const ts = await at.post(channel);
    expect(await refusal(at.post(channel, 'x'.repeat(40_001)))).toBe('msg_too_long');
    expect(await refusal(at.client.chat.update({ channel, ts, text: 'x'.repeat(4001) }))).toBe(
      'msg_too_long',
    );
    await at.client.chat.update({ channel, ts, text: 'x'.repeat(4000) });
    expect(await refusal(at.client.apiCall('chat.postMessage', { channel }))).toBe('no_text');
  });

  it('refuses metadata that is not flat, not typed or too large', async () => {
    const send = (metadata: unknown) =>
      at.client.apiCall('chat.postMessage', { channel: 'general', text: 'x', metadata });
    const typed = (event_payload: unknown) => ({ event_type: 'card', event_payload });
    expect(await refusal(send({ event_type: 'card' }))).toBe('invalid_metadata_format');
    expect(await refusal(send(typed({ a: { b: { c: 1 } } })))).toBe('invalid_metadata_schema');
    expect(await refusal(send(typed({ a: 'x'.repeat(9000) })))).toBe('metadata_too_large');
    await send(typed({ a: 1, b: [{ c: 'd' }], e: { f: true } }));
  });

  it('keeps threads together and out of the history', async () => {
    const channel = await at.newChannel();
    const ts = await at.post(channel);
    await at.client.chat.postMessage({ channel, thread_ts: ts, text: 'reply' });
    expect(await refusal(at.client.chat.postMessage({ channel, thread_ts: '1.000001', text: 'x' }))).toBe(
      'thread_not_found',
    );
    expect((await at.client.conversations.history({ channel })).messages).toHaveLength(1);
    expect((await at.client.conversations.replies({ channel, ts })).messages).toHaveLength(2);
  });

  it('shows ephemeral messages to members only', async () => {
    const channel = await at.newChannel();
    const send = () => at.client.chat.postEphemeral({ channel, user: 'U0ANA', text: 'for you' });
    expect(await refusal(send())).toBe('user_not_in_channel');
    await at.client.conversations.invite({ channel, users: 'U0ANA' });
    await send();
    expect(at.slack.ephemerals()).toMatchObject([{ channel, user: 'U0ANA', text: 'for you' }]);
    expect(at.slack.channel(channel).messages).toEqual([]);
  });

  it('links to messages that exist', async () => {
    const channel = await at.newChannel();
    const message_ts = await at.post(channel);
    const { permalink } = await at.client.chat.getPermalink({ channel, message_ts });
    expect(permalink).toContain(`${channel}/p${message_ts.replace('.', '')}`);
    expect(await refusal(at.client.chat.getPermalink({ channel, message_ts: '1.1' }))).toBe(
      'message_not_found',
    );
  });
});
