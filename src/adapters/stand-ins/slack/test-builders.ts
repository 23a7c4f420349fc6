import { LogLevel, WebClient } from '@slack/web-api';
import { createManualClock, type ManualClock } from '../../../time.ts';
import { type SlackStandIn, startSlackStandIn } from './slack-stand-in.ts';

/** Keeps refusals that a test expects out of its output. */
export const SILENT_LOGGER = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};

const TOKEN = 'xoxb-test';

/** A workspace for the stand-in's own tests, called by Slack's own client. */
export interface TestWorkspace {
  readonly clock: ManualClock;
  readonly slack: SlackStandIn;
  readonly client: WebClient;
  /** Another client; without a token when there is none. */
  clientWith(token: string | undefined, timeout?: number): WebClient;
  /** Creates a channel and returns its id. */
  newChannel(name?: string, isPrivate?: boolean): Promise<string>;
  /** Posts a text and returns its ts. */
  post(channel: string, text?: string): Promise<string>;
}

/** Opens it with public `general` and `incidents`, a private `secret` of Ana's, and the group `ml-oncall`. */
export async function openTestWorkspace(scopes?: readonly string[]): Promise<TestWorkspace> {
  const clock = createManualClock(new Date('2026-11-21T10:00:00Z'));
  const slack = await startSlackStandIn({
    clock,
    botToken: TOKEN,
    signingSecret: 'signing',
    userGroups: [{ id: 'S0ONCALL', handle: 'ml-oncall', name: 'ML on-call', users: ['U0ANA', 'U0BEN'] }],
    channels: [
      { name: 'general' },
      { name: 'incidents' },
      { name: 'secret', isPrivate: true, members: ['U0ANA'] },
    ],
    ...(scopes ? { scopes } : {}),
  });
  const clientWith = (token: string | undefined, timeout = 0) =>
    new WebClient(token, {
      slackApiUrl: `${slack.url}/api/`,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: SILENT_LOGGER,
      timeout,
    });
  const client = clientWith(TOKEN);
  return {
    clock,
    slack,
    client,
    clientWith,
    async newChannel(name = 'inc-1', isPrivate = false) {
      return (await client.conversations.create({ name, is_private: isPrivate })).channel?.id ?? '';
    },
    async post(channel, text = 'hello') {
      return (await client.chat.postMessage({ channel, text })).ts ?? '';
    },
  };
}

/** Slack's error string for a call that must be refused. @throws Error when it was accepted. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && 'data' in error) return String(Object(error.data).error);
    throw error;
  }
  throw new Error('Slack accepted it');
}
