import { optionalText, requiredText } from './arguments.ts';
import type { JsonObject } from './json.ts';
import type { MethodContext, Methods } from './method.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { ChannelRecord } from './slack-types.ts';
import { BOT, channelById, messageByTs, type Workspace } from './workspace.ts';

const MOST = 100;

/** Pins, bookmarks and reactions (reference §1.7). */
export const ANNOTATION_METHODS: Methods = {
  'pins.add': { scopes: ['pins:write'], run: addPin },
  'bookmarks.add': { scopes: ['bookmarks:write'], run: addBookmark },
  'reactions.add': { scopes: ['reactions:write'], run: addReaction },
};

function joined(id: string, workspace: Workspace): ChannelRecord {
  const channel = channelById(workspace, id);
  if (!channel.members.has(BOT.userId)) throw new SlackRefusal('not_in_channel');
  if (channel.isArchived) throw new SlackRefusal('is_archived');
  return channel;
}

function addPin(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = joined(requiredText(args, 'channel'), workspace);
  const message = messageByTs(channel, requiredText(args, 'timestamp'));
  if (message.pinned) throw new SlackRefusal('already_pinned');
  if (channel.messages.filter((other) => other.pinned).length >= MOST)
    throw new SlackRefusal('too_many_pins');
  message.pinned = true;
  return {};
}

function addBookmark(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = joined(requiredText(args, 'channel_id'), workspace);
  const title = requiredText(args, 'title');
  if (args.type !== 'link') throw new SlackRefusal('invalid_bookmark_type');
  const link = optionalText(args, 'link') ?? '';
  if (!/^https?:\/\//.test(link)) throw new SlackRefusal('invalid_link');
  if (channel.bookmarks.length >= MOST) throw new SlackRefusal('too_many_bookmarks');
  const bookmark = { id: workspace.nextId('Bk'), title, link };
  channel.bookmarks.push(bookmark);
  return { bookmark: { ...bookmark, channel_id: channel.id, type: 'link' } };
}

function addReaction(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const channel = channelById(workspace, requiredText(args, 'channel'));
  if (channel.isPrivate && !channel.members.has(BOT.userId)) throw new SlackRefusal('channel_not_found');
  const message = messageByTs(channel, requiredText(args, 'timestamp'));
  const name = requiredText(args, 'name');
  if (!/^[a-z0-9_+'-]+$/.test(name)) throw new SlackRefusal('invalid_name');
  if (message.reactions.includes(name)) throw new SlackRefusal('already_reacted');
  message.reactions.push(name);
  return {};
}
