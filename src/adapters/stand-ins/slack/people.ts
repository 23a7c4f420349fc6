import type { BotAnswer, DeliveryOverride } from './delivery.ts';
import { isObject } from './json.ts';
import {
  type ActingContext,
  channelSeenBy,
  createMessageActions,
  type MessageActions,
  type MessagePlace,
} from './message-actions.ts';
import { channelInPayload, payloadBase } from './payload.ts';
import { applyResponse } from './response-urls.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { SlackUser } from './slack-types.ts';
import { createViewActions, type ViewActions } from './view-actions.ts';
import { BOT, messageByTs, messageOnTheWire } from './workspace.ts';

/** The answer to a command; `ts` is that of the message Slack showed for it. */
export interface CommandAnswer extends BotAnswer {
  readonly ts?: string;
}

/** Somebody in front of Slack. */
export interface Person extends MessageActions, ViewActions {
  /** Types `/aire <text>`; `channel` (default: the first one they can see) by id, `name` or `#name`. */
  command(
    text: string,
    options?: DeliveryOverride & { readonly channel?: string; readonly command?: string },
  ): Promise<CommandAnswer>;
  /** Uses a global shortcut, or with `on` a shortcut of a message. */
  shortcut(
    callbackId: string,
    options?: DeliveryOverride & { readonly on?: MessagePlace },
  ): Promise<BotAnswer>;
  /** Writes a message; the bot is not told. Returns its ts. */
  say(channel: string, text: string, thread_ts?: string): string;
}

/** @throws Error when nobody in the workspace has this id. */
export function createPerson(context: ActingContext, userId: string): Person {
  const { workspace, triggers, responseUrls, delivery } = context;
  const found = workspace.users.get(userId);
  if (found === undefined) throw new Error(`There is no user ${userId} in this workspace.`);
  const user: SlackUser = found;

  function firstChannel(): string {
    const channel = [...workspace.channels.values()].find(
      (one) => !one.isPrivate || one.members.has(user.id),
    );
    if (channel === undefined) throw new Error(`${user.name} sees no channel.`);
    return channel.id;
  }

  async function command(
    text: string,
    options: DeliveryOverride & { readonly channel?: string; readonly command?: string } = {},
  ): Promise<CommandAnswer> {
    const channel = channelSeenBy(workspace, user, options.channel ?? firstChannel());
    const place = channelInPayload(channel);
    const answered = await delivery.form(
      {
        token: 'a-deprecated-verification-token',
        team_id: options.teamId ?? workspace.team.id,
        team_domain: workspace.team.name,
        channel_id: place.id,
        channel_name: place.name,
        user_id: user.id,
        user_name: user.name,
        command: options.command ?? '/aire',
        text,
        api_app_id: BOT.appId,
        is_enterprise_install: 'false',
        response_url: responseUrls.issue({ channelId: channel.id, user: user.id }),
        trigger_id: triggers.issue(user.id),
      },
      options,
    );
    const ts = shown(channel.id, answered);
    return { ...answered, ...(ts === undefined ? {} : { ts }) };
  }

  /** Slack shows the body of a 200, and `invalid_command_response` when it cannot. */
  function shown(channelId: string, { status, body }: BotAnswer): string | undefined {
    const message = typeof body === 'string' ? { text: body } : body;
    if (status !== 200 || !isObject(message) || message.text === '') return undefined;
    if (message.text === undefined && message.blocks === undefined) return undefined;
    try {
      return applyResponse(workspace, { channelId, user: user.id }, message);
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      throw new Error(`invalid_command_response: ${error.message}`, { cause: error });
    }
  }

  async function shortcut(
    callbackId: string,
    options: DeliveryOverride & { readonly on?: MessagePlace } = {},
  ): Promise<BotAnswer> {
    const base = {
      ...payloadBase(workspace, user, options.teamId),
      callback_id: callbackId,
      trigger_id: triggers.issue(user.id),
      action_ts: workspace.nextTs(),
    };
    if (options.on === undefined) {
      return delivery.form({ payload: JSON.stringify({ type: 'shortcut', ...base }) }, options);
    }
    const channel = channelSeenBy(workspace, user, options.on.channel);
    const message = messageByTs(channel, options.on.ts);
    const payload = {
      type: 'message_action',
      ...base,
      channel: channelInPayload(channel),
      message_ts: message.ts,
      message: messageOnTheWire(workspace, message),
      response_url: responseUrls.issue({ channelId: channel.id, user: user.id, messageTs: message.ts }),
    };
    return delivery.form({ payload: JSON.stringify(payload) }, options);
  }

  return {
    ...createMessageActions(context, user),
    ...createViewActions(context, user),
    command,
    shortcut,
    say(channel, text, thread_ts) {
      const place = channelSeenBy(workspace, user, channel);
      return workspace.addMessage(place, user.id, { text, thread_ts }).ts;
    },
  };
}
