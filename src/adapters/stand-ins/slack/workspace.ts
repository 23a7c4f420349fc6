import { type Clock, SECOND } from '../../../time.ts';
import { isObject, type JsonObject, listAt, textAt } from './json.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type {
  ChannelRecord,
  MessageRecord,
  SlackChannelSeed,
  SlackEphemeral,
  SlackTeam,
  SlackUser,
  SlackUserGroup,
  ViewRecord,
} from './slack-types.ts';

/** The app's own identity in the workspace. */
export const BOT = { userId: 'U0AIREBOT', name: 'aire', botId: 'B0AIRE', appId: 'A0AIRE' } as const;

/** Everything Slack remembers about one workspace. */
export interface Workspace {
  readonly clock: Clock;
  readonly team: SlackTeam;
  readonly users: ReadonlyMap<string, SlackUser>;
  readonly userGroups: readonly SlackUserGroup[];
  readonly channels: Map<string, ChannelRecord>;
  readonly ephemerals: SlackEphemeral[];
  readonly views: Map<string, ViewRecord>;
  /** Slack's message time: `<seconds>.<six digits>`, always later than the last one. */
  nextTs(): string;
  /** An id Slack makes up, such as `C00000001`. */
  nextId(prefix: string): string;
  addChannel(name: string, isPrivate: boolean, members: readonly string[]): ChannelRecord;
  /** The direct message between the bot and a person, opened when it is not there. */
  directMessage(user: string): ChannelRecord;
  addMessage(channel: ChannelRecord, user: string, content: MessageContent): MessageRecord;
  /** Blocks as Slack keeps them: each has a block id and each element an action id. */
  withIds(blocks: unknown): readonly JsonObject[];
}

/** What a new message says. */
export interface MessageContent {
  readonly text?: unknown;
  readonly blocks?: unknown;
  readonly metadata?: JsonObject | undefined;
  readonly thread_ts?: string | undefined;
}

export interface WorkspaceOptions {
  readonly clock: Clock;
  readonly team: SlackTeam;
  readonly users: readonly SlackUser[];
  readonly userGroups: readonly SlackUserGroup[];
  readonly channels: readonly SlackChannelSeed[];
}

export function createWorkspace(options: WorkspaceOptions): Workspace {
  const users = new Map(options.users.map((user) => [user.id, user]));
  const channels = new Map<string, ChannelRecord>();
  let ids = 0;
  let lastSecond = 0;
  let counter = 0;

  function nextId(prefix: string): string {
    ids++;
    return `${prefix}${ids.toString(36).toUpperCase().padStart(8, '0')}`;
  }

  function nextTs(): string {
    // A clock that was moved back must not make Slack's order go back.
    lastSecond = Math.max(lastSecond, Math.floor(options.clock.now().getTime() / SECOND));
    counter++;
    return `${lastSecond}.${String(counter).padStart(6, '0')}`;
  }

  function newChannel(
    id: string,
    name: string,
    isPrivate: boolean,
    members: readonly string[],
    creator = '',
  ): ChannelRecord {
    const channel: ChannelRecord = {
      id,
      name,
      isPrivate,
      isIm: id.startsWith('D'),
      isArchived: false,
      topic: '',
      creator,
      members: new Set(members),
      messages: [],
      bookmarks: [],
    };
    channels.set(id, channel);
    return channel;
  }

  function withIds(blocks: unknown): readonly JsonObject[] {
    return listAt({ blocks }, 'blocks').map((block) => ({
      ...block,
      block_id: block.block_id ?? nextId('b'),
      ...(block.type === 'actions' ? { elements: listAt(block, 'elements').map(withActionId) } : {}),
      ...(isObject(block.element) ? { element: withActionId(block.element) } : {}),
      ...(isObject(block.accessory) ? { accessory: withActionId(block.accessory) } : {}),
    }));
  }

  function withActionId(element: JsonObject): JsonObject {
    return element.type === 'image' ? element : { ...element, action_id: element.action_id ?? nextId('a') };
  }

  function addMessage(channel: ChannelRecord, user: string, content: MessageContent): MessageRecord {
    const message: MessageRecord = {
      ts: nextTs(),
      user,
      text: typeof content.text === 'string' ? content.text : '',
      blocks: withIds(content.blocks),
      ...(content.metadata ? { metadata: content.metadata } : {}),
      ...(content.thread_ts ? { thread_ts: content.thread_ts } : {}),
      edited: 0,
      pinned: false,
      reactions: [],
    };
    channel.messages.push(message);
    return message;
  }

  for (const seed of options.channels) {
    newChannel(nextId('C'), seed.name, seed.isPrivate ?? false, seed.members ?? [...users.keys()]);
  }
  return {
    clock: options.clock,
    team: options.team,
    users,
    userGroups: options.userGroups,
    channels,
    ephemerals: [],
    views: new Map(),
    nextTs,
    nextId,
    addChannel: (name, isPrivate, members) => newChannel(nextId('C'), name, isPrivate, members, BOT.userId),
    directMessage: (user) =>
      [...channels.values()].find((channel) => channel.isIm && channel.members.has(user)) ??
      newChannel(nextId('D'), '', true, [user, BOT.userId]),
    addMessage,
    withIds,
  };
}

/**
 * A channel by id, as most methods want it.
 * @throws SlackRefusal `channel_not_found`.
 */
export function channelById(workspace: Workspace, id: string | undefined): ChannelRecord {
  const channel = workspace.channels.get(id ?? '');
  if (channel === undefined) throw new SlackRefusal('channel_not_found');
  return channel;
}

/** A channel by id, `name` or `#name`. */
export function findChannel(workspace: Workspace, nameOrId: string): ChannelRecord | undefined {
  const name = nameOrId.replace(/^#/, '');
  return (
    workspace.channels.get(nameOrId) ??
    [...workspace.channels.values()].find((channel) => channel.name === name && !channel.isIm)
  );
}

/**
 * A message of a channel.
 * @throws SlackRefusal `message_not_found`.
 */
export function messageByTs(channel: ChannelRecord, ts: string | undefined): MessageRecord {
  const message = channel.messages.find((candidate) => candidate.ts === ts);
  if (message === undefined) throw new SlackRefusal('message_not_found');
  return message;
}

/** A message in the shape Slack puts into answers and payloads. */
export function messageOnTheWire(workspace: Workspace, message: MessageRecord): JsonObject {
  const bot = message.user === BOT.userId;
  return {
    type: 'message',
    ts: message.ts,
    user: message.user,
    text: message.text,
    team: workspace.team.id,
    ...(bot ? { bot_id: BOT.botId, app_id: BOT.appId } : {}),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.thread_ts ? { thread_ts: message.thread_ts } : {}),
    ...(message.edited > 0 ? { edited: { user: message.user, ts: message.ts } } : {}),
  };
}

/** The title of a modal, in words. */
export function titleOf(view: JsonObject): string {
  const title = view.title;
  return typeof title === 'object' && title !== null && 'text' in title ? String(title.text) : '';
}

/** A modal in the shape Slack puts into answers and payloads. */
export function viewOnTheWire(workspace: Workspace, record: ViewRecord, values: JsonObject): JsonObject {
  const { content } = record;
  return {
    id: record.id,
    team_id: workspace.team.id,
    type: 'modal',
    callback_id: textAt(content, 'callback_id') ?? '',
    external_id: textAt(content, 'external_id') ?? '',
    private_metadata: textAt(content, 'private_metadata') ?? '',
    title: content.title,
    submit: content.submit ?? null,
    close: content.close ?? null,
    blocks: content.blocks,
    state: { values },
    hash: record.hash,
    clear_on_close: content.clear_on_close ?? false,
    notify_on_close: content.notify_on_close ?? false,
    root_view_id: record.rootId,
    previous_view_id: record.previousViewId ?? null,
    app_id: BOT.appId,
    bot_id: BOT.botId,
    app_installed_team_id: workspace.team.id,
  };
}
