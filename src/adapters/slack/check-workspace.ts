import type { WebClient } from '@slack/web-api';
import { findChannelId } from './channels.ts';
import { classify, platformError } from './client.ts';
import { BOT_SCOPES } from './scopes.ts';

/** A name of the configuration or of a service file, and what it has to be. */
export interface WantedName {
  /** `person`: is invited. `approver`: a person, or a user group as `@handle`. */
  readonly kind: 'channel' | 'person' | 'approver';
  readonly name: string;
}

/** What a lookup found: `fault` says what is wrong and what to do, `unknown` why nobody can tell. */
export type Lookup =
  | { readonly kind: 'found' }
  | { readonly kind: 'fault'; readonly message: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What a workspace says about the bot. */
export type Identity =
  | { readonly kind: 'known'; readonly team: string; readonly missingScopes: readonly string[] }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Whose token this is, and which of the scopes it lacks. */
export async function identify(client: WebClient): Promise<Identity> {
  try {
    const me = await client.auth.test();
    const granted = new Set(me.response_metadata?.scopes ?? []);
    return {
      kind: 'known',
      team: me.team ?? me.team_id ?? 'unnamed',
      // No header at all says nothing; a token without any scope does not exist.
      missingScopes: granted.size === 0 ? [] : Object.keys(BOT_SCOPES).filter((scope) => !granted.has(scope)),
    };
  } catch (error) {
    const { kind, reason } = classify(error);
    return kind === 'refused'
      ? {
          kind: 'refused',
          message: `Slack does not accept it (${platformError(error)}); copy it again from OAuth & Permissions`,
        }
      : { kind: 'unknown', reason };
  }
}

/** Looks names up as the bot will; changes nothing. */
export function createLookup(client: WebClient): (wanted: WantedName) => Promise<Lookup> {
  let groups: Promise<ReadonlySet<string>> | undefined;
  const handles = async (): Promise<ReadonlySet<string>> => {
    const { usergroups } = await client.usergroups.list();
    return new Set((usergroups ?? []).flatMap(({ handle }) => (handle === undefined ? [] : [handle])));
  };

  async function look({ kind, name }: WantedName): Promise<string | undefined> {
    if (kind === 'channel') return channelFault(client, name.replace(/^#/, ''));
    if (name.startsWith('@')) {
      if (kind === 'person') return `aire invites people, not user groups; write an e-mail address instead`;
      groups ??= handles();
      return (await groups).has(name.slice(1))
        ? undefined
        : `there is no user group ${name} in this Slack workspace; write its handle`;
    }
    return personFault(client, name);
  }

  return async (wanted) => {
    try {
      const message = await look(wanted);
      return message === undefined ? { kind: 'found' } : { kind: 'fault', message };
    } catch (error) {
      return { kind: 'unknown', reason: classify(error).reason };
    }
  };
}

async function personFault(client: WebClient, name: string): Promise<string | undefined> {
  const isId = /^[UW][A-Z0-9]{4,}$/.test(name);
  if (!isId && !name.includes('@'))
    return `"${name}" is nobody aire can find; write an e-mail address or a Slack id such as U0123ABCD`;
  try {
    const { user } = isId
      ? await client.users.info({ user: name })
      : await client.users.lookupByEmail({ email: name });
    return user?.deleted === true ? `${name} is deactivated in Slack; name somebody else` : undefined;
  } catch (error) {
    const word = platformError(error);
    if (word === 'users_not_found') return `nobody in this Slack workspace has the e-mail address ${name}`;
    if (word === 'user_not_found' || word === 'user_not_visible')
      return `nobody in this Slack workspace has the id ${name}`;
    throw error;
  }
}

async function channelFault(client: WebClient, name: string): Promise<string | undefined> {
  const missing = `there is no channel ${name} that aire can see; make it, or /invite @aire if it is private`;
  const id = await findChannelId(client, name);
  if (id === undefined) return missing;
  try {
    const { channel } = await client.conversations.info({ channel: id });
    return channel?.is_archived === true ? `the channel ${name} is archived; name another` : undefined;
  } catch (error) {
    if (platformError(error) === 'channel_not_found') return missing;
    throw error;
  }
}
