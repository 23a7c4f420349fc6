import { count, flag, optionalText, page, requiredText } from './arguments.ts';
import { channelOnTheWire } from './conversation-methods.ts';
import type { JsonObject } from './json.ts';
import type { MethodContext, Methods } from './method.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { ChannelRecord, MessageRecord } from './slack-types.ts';
import { BOT, channelById, messageOnTheWire, type Workspace } from './workspace.ts';

const READ = ['channels:read', 'groups:read'];
const HISTORY = ['channels:history', 'groups:history'];

/** Reading channels and what was said in them (reference §1.7). */
export const HISTORY_METHODS: Methods = {
  'conversations.info': { scopes: READ, run: info },
  'conversations.list': { scopes: READ, run: list },
  'conversations.members': { scopes: READ, run: members },
  'conversations.history': { scopes: HISTORY, run: history },
  'conversations.replies': { scopes: HISTORY, run: replies },
};

/** A channel the bot can see: a private one it is not in does not exist for it. */
function visible(args: JsonObject, workspace: Workspace): ChannelRecord {
  const channel = channelById(workspace, requiredText(args, 'channel'));
  if (channel.isPrivate && !channel.members.has(BOT.userId)) throw new SlackRefusal('channel_not_found');
  return channel;
}

function info(args: JsonObject, { workspace }: MethodContext): JsonObject {
  return { channel: channelOnTheWire(visible(args, workspace)) };
}

function list(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const types = (optionalText(args, 'types') ?? 'public_channel').split(',');
  const found = [...workspace.channels.values()].filter(
    (channel) =>
      types.includes(channel.isIm ? 'im' : channel.isPrivate ? 'private_channel' : 'public_channel') &&
      (!channel.isPrivate || channel.members.has(BOT.userId)) &&
      !(channel.isArchived && flag(args, 'exclude_archived')),
  );
  const { items, response_metadata } = page(found, args, count(args, 'limit', 100, 1000));
  return { channels: items.map(channelOnTheWire), response_metadata };
}

function members(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = visible(args, workspace);
  const { items, response_metadata } = page([...channel.members], args, count(args, 'limit', 100, 1000));
  return { members: items, response_metadata };
}

function history(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = readable(args, workspace);
  // Replies live in their threads only.
  const found = within(channel.messages, args).filter((message) => message.thread_ts === undefined);
  return messagesPage(found.reverse(), args, workspace);
}

function replies(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = readable(args, workspace);
  const root = requiredText(args, 'ts');
  const thread = channel.messages.filter((message) => message.ts === root || message.thread_ts === root);
  if (thread.length === 0) throw new SlackRefusal('thread_not_found');
  return messagesPage(within(thread, args), args, workspace);
}

function readable(args: JsonObject, workspace: Workspace): ChannelRecord {
  const channel = visible(args, workspace);
  if (!channel.members.has(BOT.userId)) throw new SlackRefusal('not_in_channel');
  return channel;
}

function within(messages: readonly MessageRecord[], args: JsonObject): MessageRecord[] {
  const oldest = Number(optionalText(args, 'oldest') ?? 0);
  const latest = Number(optionalText(args, 'latest') ?? Number.POSITIVE_INFINITY);
  const inclusive = flag(args, 'inclusive');
  return messages.filter(({ ts }) => {
    const at = Number(ts);
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest;
  });
}

function messagesPage(found: readonly MessageRecord[], args: JsonObject, workspace: Workspace): JsonObject {
  const { items, response_metadata } = page(found, args, count(args, 'limit', 100, 999));
  const withMetadata = flag(args, 'include_all_metadata');
  return {
    messages: items.map((message) => ({
      ...messageOnTheWire(workspace, message),
      ...(withMetadata && message.metadata ? { metadata: message.metadata } : {}),
    })),
    has_more: response_metadata.next_cursor !== '',
    response_metadata,
  };
}
