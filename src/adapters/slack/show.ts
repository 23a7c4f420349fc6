import type { WebClient } from '@slack/web-api';
import { findChannelId } from './channels.ts';
import { classify, platformError } from './client.ts';
import { GONE, type JobOutcome, type OutboxJob } from './job.ts';
import { clipMrkdwn, type SlackMessage } from './messages/blocks.ts';
import type { SlackMessages } from './ports.ts';

/** What the event type of our message metadata is; the payload's key says which message it is. */
const EVENT_TYPE = 'aire_message';
/** How far back a lost message is looked for. */
const RECONCILE_PAGE = 200;

export interface ShowDeps {
  readonly client: WebClient;
  readonly messages: SlackMessages;
}

/**
 * Posts a message under a key, or edits the one that is there already. Slack has no idempotency key, so a post whose
 * answer was lost is found again by its metadata before it is ever posted a second time (guarantee 4).
 *
 * @param message what is read for it need not have ended; undefined: what it is about is gone.
 */
export async function show(
  deps: ShowDeps,
  job: OutboxJob,
  key: string,
  channel: string,
  message: SlackMessage | Promise<SlackMessage | undefined>,
): Promise<JobOutcome> {
  const { client, messages } = deps;
  try {
    // Noted before it is posted: the next try may be another job's, whose first one it is.
    const [noted, content] = await Promise.all([messages.note(key, channel), message]);
    if (content === undefined) return GONE;
    const known =
      noted?.ts == null && (noted !== undefined || job.attempt > 1)
        ? await findLost(deps, key, channel)
        : noted;
    const body = {
      text: clipMrkdwn(content.text, 3900),
      blocks: [...content.blocks],
      unfurl_links: false,
      unfurl_media: false,
    };
    if (known?.ts != null) {
      await client.chat.update({ channel: known.channel, ts: known.ts, ...body });
      return { kind: 'done' };
    }
    const posted = await client.chat.postMessage({
      channel,
      ...body,
      metadata: { event_type: EVENT_TYPE, event_payload: { key } },
    });
    if (posted.ts === undefined || posted.channel === undefined)
      return { kind: 'retry', reason: 'Slack answered without a message' };
    await messages.remember(key, posted.channel, posted.ts);
    return { kind: 'done' };
  } catch (error) {
    // Somebody deleted the message: what it said is still on the timeline.
    if (platformError(error) === 'message_not_found') return { kind: 'done' };
    return failed(error);
  }
}

/** A message that was posted by an earlier try whose answer never came. */
async function findLost(
  { client, messages }: ShowDeps,
  key: string,
  channel: string,
): Promise<{ channel: string; ts: string } | undefined> {
  const id = await findChannelId(client, channel);
  if (id === undefined) return undefined;
  const history = await readHistory(client, id);
  const found = history.messages?.find(
    (each) => each.metadata?.event_type === EVENT_TYPE && keyOf(each.metadata.event_payload) === key,
  );
  if (found?.ts === undefined) return undefined;
  await messages.remember(key, id, found.ts);
  return { channel: id, ts: found.ts };
}

async function readHistory(client: WebClient, channel: string) {
  const read = () =>
    client.conversations.history({ channel, limit: RECONCILE_PAGE, include_all_metadata: true });
  try {
    return await read();
  } catch (error) {
    // Whoever posts to a public channel need not be in it; whoever reads must.
    if (platformError(error) !== 'not_in_channel') throw error;
    await client.conversations.join({ channel });
    return read();
  }
}

function keyOf(payload: unknown): unknown {
  return payload !== null && typeof payload === 'object' && 'key' in payload ? payload.key : undefined;
}

/** A failed call as the outcome of its job. An ambiguous one is tried again, and then looked for first. */
export function failed(error: unknown): JobOutcome {
  const { kind, reason, afterMs } = classify(error);
  return kind === 'refused'
    ? { kind: 'reject', reason }
    : { kind: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) };
}
