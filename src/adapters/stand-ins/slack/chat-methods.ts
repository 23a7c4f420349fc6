import { optionalText, requiredText } from './arguments.ts';
import type { JsonObject } from './json.ts';
import { POST_TEXT_LIMIT, requireContent, requireMetadata, UPDATE_TEXT_LIMIT } from './message-limits.ts';
import type { MethodContext, Methods } from './method.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { ChannelRecord } from './slack-types.ts';
import { BOT, channelById, findChannel, messageByTs, messageOnTheWire } from './workspace.ts';

/** Saying things (reference §1.7). */
export const CHAT_METHODS: Methods = {
  'chat.postMessage': { scopes: ['chat:write'], run: postMessage },
  'chat.update': { scopes: ['chat:write'], run: update },
  'chat.postEphemeral': { scopes: ['chat:write'], run: postEphemeral },
  'chat.getPermalink': { scopes: [], run: getPermalink },
};

function postMessage(args: JsonObject, context: MethodContext): JsonObject {
  const { workspace } = context;
  const channel = destination(requiredText(args, 'channel'), context);
  requireContent(args, POST_TEXT_LIMIT);
  const thread_ts = optionalText(args, 'thread_ts');
  if (thread_ts !== undefined && !channel.messages.some((message) => message.ts === thread_ts)) {
    throw new SlackRefusal('thread_not_found');
  }
  const metadata = args.metadata === undefined ? undefined : requireMetadata(args.metadata);
  const message = workspace.addMessage(channel, BOT.userId, {
    text: args.text,
    blocks: args.blocks,
    metadata,
    thread_ts,
  });
  return { channel: channel.id, ts: message.ts, message: messageOnTheWire(workspace, message) };
}

/** Where the bot may post: `chat:write.public` opens public channels it has not joined. */
function destination(nameOrId: string, { workspace, scopes }: MethodContext): ChannelRecord {
  if (workspace.users.has(nameOrId)) return workspace.directMessage(nameOrId);
  const channel = findChannel(workspace, nameOrId);
  if (channel === undefined) throw new SlackRefusal('channel_not_found');
  const member = channel.members.has(BOT.userId);
  // A private channel's name means nothing to those who are not in it.
  if (channel.isPrivate && !member && nameOrId !== channel.id) throw new SlackRefusal('channel_not_found');
  if (!member && (channel.isPrivate || !scopes.has('chat:write.public')))
    throw new SlackRefusal('not_in_channel');
  if (channel.isArchived) throw new SlackRefusal('is_archived');
  return channel;
}

function update(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = channelById(workspace, requiredText(args, 'channel'));
  const message = messageByTs(channel, requiredText(args, 'ts'));
  if (message.user !== BOT.userId) throw new SlackRefusal('cant_update_message');
  if (channel.isArchived) throw new SlackRefusal('is_archived');
  requireContent(args, UPDATE_TEXT_LIMIT);
  const clears = isEmptyObject(args.metadata);
  const metadata = args.metadata === undefined || clears ? undefined : requireMetadata(args.metadata);
  if (typeof args.text === 'string') message.text = args.text;
  // Absent blocks keep the old ones; an empty list takes them away.
  if (args.blocks !== undefined) message.blocks = workspace.withIds(args.blocks);
  if (clears) delete message.metadata;
  else if (metadata) message.metadata = metadata;
  message.edited++;
  return {
    channel: channel.id,
    ts: message.ts,
    text: message.text,
    message: messageOnTheWire(workspace, message),
  };
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function postEphemeral(args: JsonObject, context: MethodContext): JsonObject {
  const { workspace } = context;
  const channel = destination(requiredText(args, 'channel'), context);
  const user = requiredText(args, 'user');
  if (!channel.members.has(user)) throw new SlackRefusal('user_not_in_channel');
  requireContent(args, POST_TEXT_LIMIT);
  const ts = workspace.nextTs();
  workspace.ephemerals.push({
    channel: channel.id,
    user,
    ts,
    text: optionalText(args, 'text') ?? '',
    blocks: workspace.withIds(args.blocks),
  });
  return { message_ts: ts };
}

function getPermalink(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = channelById(workspace, requiredText(args, 'channel'));
  const message = messageByTs(channel, requiredText(args, 'message_ts'));
  const path = `archives/${channel.id}/p${message.ts.replace('.', '')}`;
  return { channel: channel.id, permalink: `https://${workspace.team.name}.slack.com/${path}` };
}
