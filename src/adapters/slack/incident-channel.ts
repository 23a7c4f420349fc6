import type { WebClient } from '@slack/web-api';
import { type Incident, incidentName } from '../../incidents/incident.ts';
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

/** Who is told: the owners; a person who declared is there too. SEV4 invites nobody (reference §D). */
export async function invite(deps: ChannelDeps, incident: Incident, channel: string): Promise<void> {
  const owners = deps.services.get(incident.service)?.owners;
  const names =
    incident.severity === 'SEV4' ? [] : [owners?.sre, owners?.ml].filter((each) => each !== undefined);
  const found = await findPeople(deps.client, names);
  const people = [
    ...new Set([...found, ...(incident.declaredBy.kind === 'person' ? [incident.declaredBy.id] : [])]),
  ];
  for (const person of people) {
    try {
      await deps.client.conversations.invite({ channel, users: person });
    } catch (error) {
      // One person who can't be invited must not keep the others out.
      const word = platformError(error);
      if (
        word === undefined ||
        ![
          'already_in_channel',
          'cant_invite_self',
          'cant_invite',
          'user_not_found',
          'user_is_restricted',
          'user_is_ultra_restricted',
          'user_disabled',
        ].includes(word)
      )
        throw error;
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
