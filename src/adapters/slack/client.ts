import {
  LogLevel,
  ErrorCode as SlackErrorCode,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
} from '@slack/web-api';
import { messageOf } from '../../errors.ts';
import { type ObserveCall, observedFetch } from './observed-fetch.ts';

/** Slack's answer took longer than this: ambiguous, since it may have been carried out. */
const TIMEOUT = 10_000;

/** Slack's Web API. It never retries by itself: the outbox does, and reconciles first. */
export function createSlackClient(options: {
  botToken: string;
  apiUrl?: string;
  observe?: ObserveCall;
}): WebClient {
  return new WebClient(options.botToken, {
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: TIMEOUT,
    ...(options.observe === undefined ? {} : { fetch: observedFetch(options.observe) }),
    ...(options.apiUrl === undefined ? {} : { slackApiUrl: `${options.apiUrl}/api/` }),
    // Failures are told by the outbox, with what they mean.
    logger: {
      debug() {},
      info() {},
      warn() {},
      error() {},
      setLevel() {},
      getLevel: () => LogLevel.ERROR,
      setName() {},
    },
  });
}

/** Slack's error word, such as `channel_not_found`; undefined for anything that is not Slack saying no. */
export function platformError(error: unknown): string | undefined {
  return error instanceof WebAPIPlatformError ? error.data.error : undefined;
}

/** How a failed call is to be taken: no, not now, or nobody knows. */
export function classify(error: unknown): {
  kind: 'refused' | 'not_now' | 'ambiguous';
  reason: string;
  afterMs?: number;
} {
  if (error instanceof WebAPIRateLimitedError) {
    return { kind: 'not_now', reason: 'Slack is limiting its rate', afterMs: error.retryAfter * 1000 };
  }
  if (error instanceof WebAPIPlatformError) {
    const word = error.data.error;
    return PASSING.has(word)
      ? { kind: 'not_now', reason: `Slack: ${word}` }
      : { kind: 'refused', reason: `Slack: ${word}` };
  }
  if (error instanceof WebAPIHTTPError)
    return { kind: 'ambiguous', reason: `Slack answered ${error.statusCode}` };
  if (error instanceof Error && 'code' in error && error.code === SlackErrorCode.RequestError)
    return { kind: 'ambiguous', reason: `Slack can't be reached: ${error.message}` };
  return { kind: 'ambiguous', reason: messageOf(error) };
}

/** Slack's own troubles, by its own words. */
const PASSING: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
  'team_added_to_org',
]);
