import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestWorkspace, refusal, type TestWorkspace } from './test-builders.ts';

let at: TestWorkspace;
beforeEach(async () => {
  at = await openTestWorkspace();
});
afterEach(() => at.slack.close());

describe('conversations', () => {
  it.each([
    ['', 'invalid_name_required'],
    ['Upper', 'invalid_name_specials'],
    ['with space', 'invalid_name_specials'],
    ['--', 'invalid_name_punctuation'],
    ['x'.repeat(81), 'invalid_name_maxlength'],
    ['general', 'name_taken'],
    ['secret', 'name_taken'],
  ])('refuses the name "%s": %s', async (name, error) => {
    expect(await refusal(at.client.apiCall('conversations.create', { name }))).toBe(error);
  });

  it('archives once, keeps the name taken and refuses posts', async () => {
    const channel = await at.newChannel();
    await at.client.conversations.archive({ channel });
    expect(await refusal(at.client.conversations.archive({ channel }))).toBe('already_archived');
    expect(await refusal(at.newChannel())).toBe('name_taken');
    expect(await refusal(at.post(channel))).toBe('is_archived');
    expect(await refusal(at.client.conversations.archive({ channel: at.slack.channel('general').id }))).toBe(
      'cant_archive_general',
    );
  });

  it('invites all or, unless forced, nobody', async () => {
    const channel = await at.newChannel();
    const invite = (users: string, force = false) =>
      at.client.apiCall('conversations.invite', { channel, users, force });
    await invite('U0ANA');
    expect(await refusal(invite('U0ANA'))).toBe('already_in_channel');
    expect(await refusal(invite('U0AIREBOT'))).toBe('cant_invite_self');
    expect(await refusal(invite('U0BEN,U0NOBODY'))).toBe('user_not_found');
    expect(at.slack.channel(channel).members).toEqual(['U0AIREBOT', 'U0ANA']);
    await invite('U0BEN,U0NOBODY', true);
    expect(at.slack.channel(channel).members).toContain('U0BEN');
    const general = at.slack.channel('general').id;
    expect(await refusal(at.client.conversations.invite({ channel: general, users: 'U0BEN' }))).toBe(
      'not_in_channel',
    );
  });

  it('limits topics to 250 characters', async () => {
    const channel = await at.newChannel();
    await at.client.conversations.setTopic({ channel, topic: 'x'.repeat(250) });
    expect(await refusal(at.client.conversations.setTopic({ channel, topic: 'x'.repeat(251) }))).toBe(
      'too_long',
    );
    expect(at.slack.channel(channel).topic).toHaveLength(250);
  });

  it('lists what the bot may see, page by page', async () => {
    const types = 'public_channel,private_channel';
    await at.newChannel('own-secret', true);
    const names: (string | undefined)[] = [];
    for await (const page of at.client.paginate('conversations.list', { types, limit: 2 })) {
      const channels = listOf(Object(page).channels);
      expect(channels).toHaveLength(names.length === 0 ? 2 : 1);
      names.push(...channels);
    }
    expect(names).toEqual(['general', 'incidents', 'own-secret']);
    expect((await at.client.conversations.list()).channels?.map((one) => one.name)).toEqual([
      'general',
      'incidents',
    ]);
  });

  it('joins public channels only, and tells their members', async () => {
    const channel = at.slack.channel('general').id;
    await at.client.conversations.join({ channel });
    expect((await at.client.conversations.members({ channel })).members).toContain('U0AIREBOT');
    const secret = at.slack.channel('secret').id;
    expect(await refusal(at.client.conversations.join({ channel: secret }))).toBe(
      'method_not_supported_for_channel_type',
    );
  });

  it('shows metadata in the history only when asked', async () => {
    const channel = await at.newChannel();
    const metadata = { event_type: 'card', event_payload: { key: 'a' } };
    await at.client.chat.postMessage({ channel, text: 'x', metadata });
    const last = async (include_all_metadata: boolean) =>
      (await at.client.conversations.history({ channel, include_all_metadata, limit: 1 })).messages?.[0];
    expect((await last(true))?.metadata).toEqual(metadata);
    expect((await last(false))?.metadata).toBeUndefined();
  });

  it('filters the history by time, newest first', async () => {
    const channel = await at.newChannel();
    const [one, two, three] = [
      await at.post(channel, '1'),
      await at.post(channel, '2'),
      await at.post(channel, '3'),
    ];
    const texts = async (range: object) =>
      (await at.client.conversations.history({ channel, ...range })).messages?.map((message) => message.text);
    expect(await texts({})).toEqual(['3', '2', '1']);
    expect(await texts({ oldest: one, latest: three })).toEqual(['2']);
    expect(await texts({ oldest: two, inclusive: true })).toEqual(['3', '2']);
  });
});

function listOf(channels: unknown): (string | undefined)[] {
  return Array.isArray(channels) ? channels.map((channel: { name?: string }) => channel.name) : [];
}
