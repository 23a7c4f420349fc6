import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestWorkspace, refusal, type TestWorkspace } from './test-builders.ts';

let at: TestWorkspace;
beforeEach(async () => {
  at = await openTestWorkspace();
});
afterEach(() => at.slack.close());

describe('authentication', () => {
  it('says who the bot is to the right token only', async () => {
    const who = await at.client.auth.test();
    expect(who).toMatchObject({ ok: true, user_id: 'U0AIREBOT', team_id: 'T0AIRE' });
    expect(who.response_metadata?.scopes).toContain('chat:write');
    expect(await refusal(at.clientWith('xoxb-other').auth.test())).toBe('invalid_auth');
    expect(await refusal(at.clientWith(undefined).auth.test())).toBe('not_authed');
  });

  it('refuses what the scopes do not cover', async () => {
    await at.slack.close();
    at = await openTestWorkspace(['chat:write']);
    expect(await refusal(at.client.users.info({ user: 'U0ANA' }))).toBe('missing_scope');
    expect(await refusal(at.client.conversations.create({ name: 'x' }))).toBe('missing_scope');
    expect(await refusal(at.client.chat.postMessage({ channel: 'general', text: 'x' }))).toBe(
      'not_in_channel',
    );
  });

  it('remembers methods it does not know', async () => {
    await at.client.auth.test();
    expect(at.slack.unexpectedCalls()).toEqual([]);
    expect(await refusal(at.client.apiCall('chat.shout', { text: 'x' }))).toBe('unknown_method');
    expect(at.slack.unexpectedCalls()).toMatchObject([{ method: 'chat.shout', outcome: 'unknown_method' }]);
  });
});

describe('pins, bookmarks and reactions', () => {
  it('adds each once', async () => {
    const channel = await at.newChannel();
    const timestamp = await at.post(channel);
    await at.client.pins.add({ channel, timestamp });
    await at.client.reactions.add({ channel, timestamp, name: 'eyes' });
    expect(await refusal(at.client.pins.add({ channel, timestamp }))).toBe('already_pinned');
    expect(await refusal(at.client.reactions.add({ channel, timestamp, name: 'eyes' }))).toBe(
      'already_reacted',
    );
    expect(await refusal(at.client.pins.add({ channel, timestamp: '1.1' }))).toBe('message_not_found');
    expect(at.slack.message(channel, () => true)).toMatchObject({ pinned: true, reactions: ['eyes'] });
  });

  it('bookmarks links', async () => {
    const channel_id = await at.newChannel();
    const add = (link: string) =>
      at.client.bookmarks.add({ channel_id, title: 'Runbook', type: 'link', link });
    await add('https://example.com');
    expect(await refusal(add('javascript:alert(1)'))).toBe('invalid_link');
    expect(at.slack.channel(channel_id).bookmarks).toMatchObject([
      { title: 'Runbook', link: 'https://example.com' },
    ]);
  });
});

describe('directory', () => {
  it('finds people by id and e-mail, and groups with their members', async () => {
    expect((await at.client.users.info({ user: 'U0ANA' })).user).toMatchObject({
      name: 'ana',
      tz: 'Europe/Berlin',
    });
    expect((await at.client.users.lookupByEmail({ email: 'BEN@example.com' })).user?.id).toBe('U0BEN');
    expect(await refusal(at.client.users.lookupByEmail({ email: 'x@example.com' }))).toBe('users_not_found');
    expect(await refusal(at.client.users.info({ user: 'U0NOBODY' }))).toBe('user_not_found');
    expect((await at.client.usergroups.list()).usergroups).toMatchObject([
      { id: 'S0ONCALL', handle: 'ml-oncall' },
    ]);
    expect((await at.client.usergroups.users.list({ usergroup: 'S0ONCALL' })).users).toEqual([
      'U0ANA',
      'U0BEN',
    ]);
    expect(await refusal(at.client.usergroups.users.list({ usergroup: 'S0X' }))).toBe('no_such_subteam');
  });
});

describe('misbehaviour', () => {
  it('limits the rate with Retry-After, as often as asked, without an effect', async () => {
    at.slack.misbehave('chat.postMessage', 'rate_limited', 2);
    for (let i = 0; i < 2; i++) await expect(at.post('general')).rejects.toMatchObject({ retryAfter: 1 });
    expect(at.slack.channel('general').messages).toEqual([]);
    await at.post('general');
    expect(at.slack.calls('chat.postMessage').map((call) => call.outcome)).toEqual([
      'rate_limited',
      'rate_limited',
      'ok',
    ]);
  });

  it('accepts, then drops the connection: the effect happened', async () => {
    at.slack.misbehave('chat.postMessage', 'accept_then_drop');
    await expect(at.post('general')).rejects.toMatchObject({ code: 'slack_webapi_request_error' });
    expect(at.slack.channel('general').messages).toHaveLength(1);
  });

  it('fails with 500 and with platform errors, without an effect', async () => {
    at.slack.misbehave('chat.postMessage', 'error');
    await expect(at.post('general')).rejects.toMatchObject({ statusCode: 500 });
    at.slack.misbehave('*', 'platform_error:fatal_error');
    expect(await refusal(at.post('general'))).toBe('fatal_error');
    expect(at.slack.channel('general').messages).toEqual([]);
  });

  it('hangs until the client gives up', async () => {
    at.slack.misbehave('auth.test', 'hang');
    await expect(at.clientWith('xoxb-test', 50).auth.test()).rejects.toThrow();
    expect(at.slack.calls('auth.test')).toMatchObject([{ outcome: 'hang' }]);
  });

  it('refuses everything while it is down', async () => {
    at.slack.down(true);
    await expect(at.client.auth.test()).rejects.toMatchObject({ statusCode: 503 });
    at.slack.down(false);
    await at.client.auth.test();
  });
});
