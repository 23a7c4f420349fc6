import type { WebClient } from '@slack/web-api';
import type { ApproverDirectory } from '../../mitigations/ports.ts';
import { platformError } from './client.ts';

/**
 * The Slack ids of people named by id or e-mail address; names nobody has are left out.
 *
 * @throws when Slack can't be asked.
 */
export async function findPeople(client: WebClient, names: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(names.map((name) => findPerson(client, name)));
  return found.filter((id) => id !== undefined);
}

async function findPerson(client: WebClient, name: string): Promise<string | undefined> {
  if (/^[UW][A-Z0-9]{4,}$/.test(name)) return name;
  if (!name.includes('@') || name.startsWith('@')) return undefined;
  try {
    return (await client.users.lookupByEmail({ email: name })).user?.id;
  } catch (error) {
    if (platformError(error) === 'users_not_found') return undefined;
    throw error;
  }
}

/** Approvers as Slack knows them at this moment: ids, e-mail addresses, user-group handles. */
export function createApproverDirectory(client: WebClient): ApproverDirectory {
  return {
    async isOneOf(person, approvers) {
      const people = await findPeople(client, approvers);
      if (people.includes(person)) return true;
      const handles = approvers.filter((name) => name.startsWith('@')).map((name) => name.slice(1));
      if (handles.length === 0) return false;
      const groups = (await client.usergroups.list()).usergroups ?? [];
      for (const group of groups.filter(
        (each) => each.handle !== undefined && handles.includes(each.handle),
      )) {
        const members = await client.usergroups.users.list({ usergroup: group.id ?? '' });
        if (members.users?.includes(person)) return true;
      }
      return false;
    },
  };
}

/** Names for documents. Slack being away costs the name, never the document. */
export function createNames(client: WebClient): { name(id: string): Promise<string> } {
  return {
    async name(id) {
      try {
        const { user } = await client.users.info({ user: id });
        return user?.real_name ?? user?.name ?? id;
      } catch {
        return id;
      }
    },
  };
}
