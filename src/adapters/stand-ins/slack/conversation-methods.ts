import { flag, optionalText, requiredText } from './arguments.ts';
import type { JsonObject } from './json.ts';
import type { MethodContext, Methods } from './method.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { ChannelRecord } from './slack-types.ts';
import { BOT, channelById, type Workspace } from './workspace.ts';

const MANAGE = ['channels:manage', 'groups:write'];

/** Making and changing channels (reference §1.7). Reading them: `history-methods.ts`. */
export const CONVERSATION_METHODS: Methods = {
  'conversations.create': { scopes: MANAGE, run: create },
  'conversations.invite': {
    scopes: [...MANAGE, 'channels:write.invites', 'groups:write.invites'],
    run: invite,
  },
  'conversations.setTopic': {
    scopes: [...MANAGE, 'channels:write.topic', 'groups:write.topic'],
    run: setTopic,
  },
  'conversations.archive': { scopes: MANAGE, run: archive },
  'conversations.join': { scopes: ['channels:join'], run: join },
  'conversations.open': { scopes: ['im:write'], run: open },
};

/** A channel in the shape of Slack's answers. */
export function channelOnTheWire(channel: ChannelRecord): JsonObject {
  return {
    id: channel.id,
    name: channel.name,
    creator: channel.creator,
    is_channel: !channel.isPrivate,
    is_group: channel.isPrivate && !channel.isIm,
    is_im: channel.isIm,
    is_private: channel.isPrivate,
    is_archived: channel.isArchived,
    is_general: channel.name === 'general',
    is_member: channel.members.has(BOT.userId),
    topic: { value: channel.topic, creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    num_members: channel.members.size,
  };
}

function create(args: JsonObject, { workspace, scopes }: MethodContext): JsonObject {
  const isPrivate = flag(args, 'is_private');
  const needed = isPrivate ? 'groups:write' : 'channels:manage';
  if (!scopes.has(needed))
    throw new SlackRefusal('missing_scope', { needed, provided: [...scopes].join(',') });
  const name = optionalText(args, 'name');
  if (name === undefined) throw new SlackRefusal('invalid_name_required');
  if (name.length > 80) throw new SlackRefusal('invalid_name_maxlength');
  if (!/^[\p{Ll}\p{Lo}\p{N}_-]+$/u.test(name)) throw new SlackRefusal('invalid_name_specials');
  if (/^[_-]+$/.test(name)) throw new SlackRefusal('invalid_name_punctuation');
  // Archived channels keep their names, and private ones of others are in the way unseen.
  if ([...workspace.channels.values()].some((channel) => channel.name === name)) {
    throw new SlackRefusal('name_taken');
  }
  return { channel: channelOnTheWire(workspace.addChannel(name, isPrivate, [BOT.userId])) };
}

/** A channel that the bot may change because it is in it. */
function ownChannel(args: JsonObject, workspace: Workspace): ChannelRecord {
  const channel = channelById(workspace, requiredText(args, 'channel'));
  if (!channel.members.has(BOT.userId)) throw new SlackRefusal('not_in_channel');
  if (channel.isArchived) throw new SlackRefusal('is_archived');
  return channel;
}

function invite(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = ownChannel(args, workspace);
  const ids = (optionalText(args, 'users') ?? '').split(',').filter((id) => id !== '');
  if (ids.length === 0) throw new SlackRefusal('no_user');
  if (ids.length > 100) throw new SlackRefusal('too_many_users');
  const errors = ids.flatMap((user) => {
    const error = whyNotInvited(user, channel, workspace);
    return error === undefined ? [] : [{ ok: false, error, user }];
  });
  const [first] = errors;
  // One who cannot be invited stops the others, unless the call is forced.
  if (first !== undefined && !flag(args, 'force')) throw new SlackRefusal(first.error, { errors });
  const refused = new Set(errors.map((error) => error.user));
  for (const id of ids) if (!refused.has(id)) channel.members.add(id);
  return { channel: channelOnTheWire(channel), ...(errors.length > 0 ? { errors } : {}) };
}

function whyNotInvited(user: string, channel: ChannelRecord, workspace: Workspace): string | undefined {
  if (user === BOT.userId) return 'cant_invite_self';
  if (!workspace.users.has(user)) return 'user_not_found';
  return channel.members.has(user) ? 'already_in_channel' : undefined;
}

function setTopic(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = ownChannel(args, workspace);
  const topic = optionalText(args, 'topic') ?? '';
  if (topic.length > 250) throw new SlackRefusal('too_long');
  channel.topic = topic;
  return { channel: channelOnTheWire(channel) };
}

function archive(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = channelById(workspace, requiredText(args, 'channel'));
  if (channel.isArchived) throw new SlackRefusal('already_archived');
  if (channel.name === 'general') throw new SlackRefusal('cant_archive_general');
  if (!channel.members.has(BOT.userId)) throw new SlackRefusal('not_in_channel');
  channel.isArchived = true;
  return {};
}

function join(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = channelById(workspace, requiredText(args, 'channel'));
  if (channel.isPrivate) throw new SlackRefusal('method_not_supported_for_channel_type');
  if (channel.isArchived) throw new SlackRefusal('is_archived');
  const already = channel.members.has(BOT.userId);
  channel.members.add(BOT.userId);
  return { channel: channelOnTheWire(channel), ...(already ? { warning: 'already_in_channel' } : {}) };
}

function open(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const user = requiredText(args, 'users');
  if (!workspace.users.has(user)) throw new SlackRefusal('user_not_found');
  return { channel: { id: workspace.directMessage(user).id } };
}
