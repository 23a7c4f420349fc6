import type { JsonObject } from './json.ts';

/** Somebody in the workspace. */
export interface SlackUser {
  readonly id: string;
  /** The handle, without `@`. */
  readonly name: string;
  readonly realName?: string;
  readonly email?: string;
  /** IANA time zone; default `UTC`. */
  readonly tz?: string;
}

export interface SlackUserGroup {
  readonly id: string;
  /** Without `@`. */
  readonly handle: string;
  readonly name: string;
  readonly users: readonly string[];
}

export interface SlackTeam {
  readonly id: string;
  readonly name: string;
}

/** A channel that is there before the bot does anything. */
export interface SlackChannelSeed {
  readonly name: string;
  readonly isPrivate?: boolean;
  /** User ids; default everybody, but never the bot. */
  readonly members?: readonly string[];
}

/** A message as a test sees it. */
export interface SlackMessage {
  readonly ts: string;
  /** User id of the author. */
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly JsonObject[];
  readonly metadata?: JsonObject;
  readonly thread_ts?: string;
  /** How often it was edited. */
  readonly edited: number;
  readonly pinned: boolean;
  readonly reactions: readonly string[];
}

export interface SlackBookmark {
  readonly id: string;
  readonly title: string;
  readonly link: string;
}

/** A channel, private channel or direct message as a test sees it. */
export interface SlackChannel {
  readonly id: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly isIm: boolean;
  readonly isArchived: boolean;
  readonly topic: string;
  /** Who created it; empty when it was there before the bot. */
  readonly creator: string;
  readonly members: readonly string[];
  readonly messages: readonly SlackMessage[];
  readonly bookmarks: readonly SlackBookmark[];
}

/** A message only one person sees; Slack forgets it, the stand-in does not. */
export interface SlackEphemeral {
  readonly channel: string;
  readonly user: string;
  readonly ts: string;
  readonly text: string;
  readonly blocks: readonly JsonObject[];
}

/** A modal that somebody has in front of them. */
export interface SlackView {
  readonly id: string;
  /** Whose screen it is on. */
  readonly user: string;
  readonly callbackId: string;
  readonly title: string;
  readonly privateMetadata: string;
  readonly blocks: readonly JsonObject[];
  readonly hash: string;
  /** The modal underneath, when this one was pushed. */
  readonly previousViewId: string | undefined;
}

/** One call of the Web API, or of a response URL (`response_url`). */
export interface SlackCall {
  readonly method: string;
  readonly args: JsonObject;
  /** Domain time. */
  readonly at: Date;
  /** `ok`, Slack's error code, or the name of the fault that met it. */
  readonly outcome: string;
}

/** What the stand-in lets its own parts change; nothing outside sees these. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface ChannelRecord extends Mutable<Omit<SlackChannel, 'members' | 'messages' | 'bookmarks'>> {
  readonly members: Set<string>;
  readonly messages: MessageRecord[];
  readonly bookmarks: SlackBookmark[];
}

export interface MessageRecord extends Mutable<Omit<SlackMessage, 'reactions'>> {
  readonly reactions: string[];
}

export interface ViewRecord {
  readonly id: string;
  readonly user: string;
  readonly rootId: string;
  readonly previousViewId: string | undefined;
  hash: string;
  /** As the bot sent it, with the block ids Slack adds. */
  content: JsonObject;
}
