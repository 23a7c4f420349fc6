import type { BotAnswer, Delivery, DeliveryOverride } from './delivery.ts';
import {
  type Choice,
  findElement,
  type PlacedElement,
  stateOf,
  stateValues,
} from './interactive-elements.ts';
import type { JsonObject } from './json.ts';
import { channelInPayload, payloadBase } from './payload.ts';
import type { ResponseUrls } from './response-urls.ts';
import type { ChannelRecord, SlackUser } from './slack-types.ts';
import type { Triggers } from './triggers.ts';
import { findChannel, messageOnTheWire, type Workspace } from './workspace.ts';

/** What people need to act: the workspace they are in and the way to the bot. */
export interface ActingContext {
  readonly workspace: Workspace;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly delivery: Delivery;
}

/** A message, in a channel or shown to this person only. `channel`: id, `name` or `#name`. */
export interface MessagePlace {
  readonly channel: string;
  readonly ts: string;
}

/** What a person does in messages. */
export interface MessageActions {
  /** Presses a button; `value` tells buttons of one action id apart. */
  click(
    target: MessagePlace & { readonly actionId: string; readonly value?: string },
    override?: DeliveryOverride,
  ): Promise<BotAnswer>;
  /** Picks in a menu: an option's value, a user id, a date. */
  select(
    target: MessagePlace & { readonly actionId: string; readonly option: Choice },
    override?: DeliveryOverride,
  ): Promise<BotAnswer>;
}

export function createMessageActions(context: ActingContext, user: SlackUser): MessageActions {
  async function act(
    place: MessagePlace,
    find: (blocks: readonly JsonObject[]) => PlacedElement,
    choice: Choice | undefined,
    override: DeliveryOverride,
  ): Promise<BotAnswer> {
    const { workspace } = context;
    const channel = channelSeenBy(workspace, user, place.channel);
    const seen = messageSeenBy(workspace, user, channel, place.ts);
    const target = find(seen.blocks);
    const payload = {
      type: 'block_actions',
      ...payloadBase(workspace, user, override.teamId),
      container: {
        type: 'message',
        message_ts: place.ts,
        channel_id: channel.id,
        is_ephemeral: seen.message === undefined,
      },
      trigger_id: context.triggers.issue(user.id),
      channel: channelInPayload(channel),
      // Slack leaves the message out when only this person saw it.
      ...(seen.message === undefined ? {} : { message: seen.message }),
      state: {
        values: stateValues(seen.blocks, (placed) =>
          placed.element === target.element ? choice : undefined,
        ),
      },
      response_url: context.responseUrls.issue({ channelId: channel.id, user: user.id, messageTs: place.ts }),
      actions: [actionOf(workspace, target, choice)],
    };
    return context.delivery.form({ payload: JSON.stringify(payload) }, override);
  }

  return {
    click: (target, override = {}) =>
      act(
        target,
        (blocks) => findElement(blocks, target.actionId, 'button', target.value),
        undefined,
        override,
      ),
    select: (target, override = {}) =>
      act(target, (blocks) => findElement(blocks, target.actionId, 'menu'), target.option, override),
  };
}

/** One entry of `actions[]` (reference §1.2). */
export function actionOf(
  workspace: Workspace,
  placed: PlacedElement,
  choice: Choice | undefined,
): JsonObject {
  const { blockId, element } = placed;
  const button = {
    type: 'button',
    text: element.text,
    ...(element.value === undefined ? {} : { value: element.value }),
    ...(element.style === undefined ? {} : { style: element.style }),
  };
  return {
    action_id: element.action_id,
    block_id: blockId,
    ...(element.type === 'button' ? button : stateOf(element, choice)),
    action_ts: workspace.nextTs(),
  };
}

/** @throws Error when there is no such channel, or it is private and this person is not in it. */
export function channelSeenBy(workspace: Workspace, user: SlackUser, nameOrId: string): ChannelRecord {
  const channel = findChannel(workspace, nameOrId);
  if (channel === undefined) throw new Error(`There is no channel ${nameOrId}.`);
  if (channel.isPrivate && !channel.members.has(user.id)) {
    throw new Error(`${user.name} is not in the private channel ${nameOrId} and cannot see it.`);
  }
  return channel;
}

function messageSeenBy(
  workspace: Workspace,
  user: SlackUser,
  channel: ChannelRecord,
  ts: string,
): { readonly blocks: readonly JsonObject[]; readonly message: JsonObject | undefined } {
  const message = channel.messages.find((one) => one.ts === ts);
  if (message !== undefined) return { blocks: message.blocks, message: messageOnTheWire(workspace, message) };
  const ephemeral = workspace.ephemerals.find(
    (one) => one.ts === ts && one.channel === channel.id && one.user === user.id,
  );
  if (ephemeral === undefined) throw new Error(`${user.name} sees no message ${ts} in ${channel.name}.`);
  return { blocks: ephemeral.blocks, message: undefined };
}
