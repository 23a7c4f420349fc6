import { parseJson } from '../../../json.ts';
import { type Clock, MINUTE } from '../../../time.ts';
import type { Reply } from '../http-exchange.ts';
import { isObject, type JsonObject } from './json.ts';
import { POST_TEXT_LIMIT, requireContent } from './message-limits.ts';
import { SlackRefusal } from './slack-refusal.ts';
import { BOT, channelById, messageByTs, type Workspace } from './workspace.ts';

const MOST_USES = 5;
const LIFETIME_MS = 30 * MINUTE;

/** Where somebody acted: what a response URL may answer, replace or delete. */
export interface ResponseOrigin {
  readonly channelId: string;
  readonly user: string;
  /** The message that was acted on, when there was one. */
  readonly messageTs?: string;
}

/** Response URLs: no token, five uses within 30 minutes of wall time (reference §1.1). */
export interface ResponseUrls {
  /** A new URL; the base is known once the server listens. */
  issue(origin: ResponseOrigin): string;
  /** The last part of the URL, and the JSON posted to it. */
  receive(id: string, body: string): Reply;
}

export function createResponseUrls(workspace: Workspace, wall: Clock, base: () => string): ResponseUrls {
  const issued = new Map<string, { readonly origin: ResponseOrigin; readonly at: number; uses: number }>();
  return {
    issue(origin) {
      const id = workspace.nextId('R');
      issued.set(id, { origin, at: wall.now().getTime(), uses: 0 });
      return `${base()}/response/${id}`;
    },
    receive(id, body) {
      const entry = issued.get(id);
      if (entry === undefined) return { status: 404, body: { ok: false, error: 'no_such_url' } };
      if (wall.now().getTime() - entry.at > LIFETIME_MS) {
        return { status: 404, body: { ok: false, error: 'expired_url' } };
      }
      if (entry.uses >= MOST_USES) return { status: 404, body: { ok: false, error: 'used_url' } };
      entry.uses++;
      const message = parseJson(body);
      if (!isObject(message)) return { status: 400, body: { ok: false, error: 'invalid_payload' } };
      try {
        applyResponse(workspace, entry.origin, message);
      } catch (error) {
        if (!(error instanceof SlackRefusal)) throw error;
        return { status: 400, body: { ok: false, error: error.error, ...error.detail } };
      }
      return { status: 200, body: { ok: true } };
    },
  };
}

/**
 * Shows a message the bot answered with: to the one who acted, or in the channel when it says
 * `in_channel`; or in place of the original. Returns the ts of what is now shown.
 * @throws SlackRefusal when the message breaks a limit or there is no original.
 */
export function applyResponse(
  workspace: Workspace,
  origin: ResponseOrigin,
  message: JsonObject,
): string | undefined {
  const channel = channelById(workspace, origin.channelId);
  const index = workspace.ephemerals.findIndex(
    (one) => one.ts === origin.messageTs && one.user === origin.user,
  );
  if (message.delete_original === true) {
    if (index >= 0) workspace.ephemerals.splice(index, 1);
    else channel.messages.splice(channel.messages.indexOf(messageByTs(channel, origin.messageTs)), 1);
    return undefined;
  }
  requireContent(message, POST_TEXT_LIMIT);
  const text = typeof message.text === 'string' ? message.text : '';
  const blocks = workspace.withIds(message.blocks);
  if (message.replace_original === true) {
    const shown = workspace.ephemerals[index];
    if (shown !== undefined) {
      workspace.ephemerals[index] = { ...shown, text, blocks };
      return shown.ts;
    }
    const original = messageByTs(channel, origin.messageTs);
    Object.assign(original, { text, blocks, edited: original.edited + 1 });
    return original.ts;
  }
  if (message.response_type === 'in_channel') {
    const thread_ts = typeof message.thread_ts === 'string' ? message.thread_ts : undefined;
    return workspace.addMessage(channel, BOT.userId, { text, blocks, thread_ts }).ts;
  }
  const ts = workspace.nextTs();
  workspace.ephemerals.push({ channel: channel.id, user: origin.user, ts, text, blocks });
  return ts;
}
