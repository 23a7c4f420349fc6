import type { WebClient } from '@slack/web-api';
import { type Incident, incidentName } from '../../incidents/incident.ts';
import type { IncidentService } from '../../incidents/ports.ts';
import { findChannel } from './channels.ts';
import { platformError } from './client.ts';
import { escapeMrkdwn } from './messages/blocks.ts';
import { phaseWord } from './messages/phase-badge.ts';
import { findPeople } from './people.ts';
import type { SlackDeps } from './ports.ts';

const TOPIC_LIMIT = 250;

export type ChannelDeps = Pick<SlackDeps, 'services' | 'people'> & { readonly client: WebClient };

/** Makes the incident's channel; its name carries the incident's number. */
export async function createChannel(client: WebClient, incident: Incident, attempt: number): Promise<string> {
  const name = `inc-${incident.number}-${incident.service}`.slice(0, 80);
  for (let suffix = 0; ; suffix++) {
    const candidate = suffix === 0 ? name : `${name.slice(0, 76)}-${suffix + 1}`;
    try {
      const created = await client.conversations.create({ name: candidate, is_private: false });
      if (created.channel?.id === undefined) throw new Error('Slack created a channel without an id');
      return created.channel.id;
    } catch (error) {
      if (platformError(error) !== 'name_taken' || suffix >= 5) throw error;
      const ours = attempt > 1 && suffix === 0 ? await findOwnChannel(client, candidate) : undefined;
      if (ours !== undefined) return ours;
    }
  }
}

/** A channel of this name that an earlier try created, whose answer was lost. */
async function findOwnChannel(client: WebClient, name: string): Promise<string | undefined> {
  const me = await client.auth.test();
  return findChannel(client, (each) => each.name === name && each.creator === me.user_id);
}

type Owners = IncidentService['owners'];

/** Who is invited at once: those who look after the service, security where safety is at stake. SEV4 invites nobody (reference §D, §E). */
export function firstOwners(incident: Incident, owners: Owners | undefined): readonly string[] {
  if (incident.severity === 'SEV4') return [];
  const first = [owners?.sre, owners?.ml, ...(incident.kind === 'safety' ? [owners?.security] : [])];
  return first.filter((owner) => owner !== undefined);
}

/** Who is called when it goes on for too long: the ML team, and leadership for SEV1 and SEV2 (reference §E). */
export function escalationOwners(incident: Incident, owners: Owners | undefined): readonly string[] {
  const severe = incident.severity === 'SEV1' || incident.severity === 'SEV2';
  return [owners?.ml, owners?.product, ...(severe ? [owners?.leadership] : [])].filter(
    (owner) => owner !== undefined,
  );
}

/** One person who can't be invited must not keep the others out. */
const NOT_INVITABLE: ReadonlySet<string> = new Set([
  'already_in_channel',
  'cant_invite_self',
  'cant_invite',
  'user_not_found',
  'user_is_restricted',
  'user_is_ultra_restricted',
  'user_disabled',
]);

/** Invites people to an incident's channel: owners by id or e-mail address, and whoever declared. Again changes nothing. */
export async function inviteOwners(
  deps: ChannelDeps,
  channel: string,
  owners: readonly string[],
  declaredBy?: string,
): Promise<void> {
  const found = await findPeople(deps.client, owners);
  for (const person of new Set([...found, ...(declaredBy === undefined ? [] : [declaredBy])])) {
    try {
      await deps.client.conversations.invite({ channel, users: person });
    } catch (error) {
      if (!NOT_INVITABLE.has(platformError(error) ?? '')) throw error;
    }
  }
}

/** Pins the card; pinning it again changes nothing. */
export async function pin(client: WebClient, channel: string, ts: string): Promise<void> {
  try {
    await client.pins.add({ channel, timestamp: ts });
  } catch (error) {
    if (platformError(error) !== 'already_pinned') throw error;
  }
}

/** State, severity and commander; set only when it says something new, since Slack tells everybody. */
export async function setTopic(deps: ChannelDeps, incident: Incident, channel: string): Promise<void> {
  const commander =
    incident.commander === undefined
      ? 'no commander'
      : `commander ${await deps.people.name(incident.commander)}`;
  const topic =
    `${incident.severity} · ${phaseWord(incident.phase)} · ${commander} · ${incidentName(incident)} ${incident.title}`.slice(
      0,
      TOPIC_LIMIT,
    );
  const info = await deps.client.conversations.info({ channel });
  if (info.channel?.topic?.value === escapeMrkdwn(topic) || info.channel?.topic?.value === topic) return;
  await deps.client.conversations.setTopic({ channel, topic });
}
