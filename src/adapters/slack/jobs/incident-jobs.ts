import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Incident } from '../../../incidents/incident.ts';
import { announce as announceJob } from '../../../incidents/jobs.ts';
import {
  createChannel,
  escalationOwners,
  firstOwners,
  inviteOwners,
  pin,
  setTopic,
} from '../incident-channel.ts';
import { GONE, type JobHandler, type JobOutcome } from '../job.ts';
import { announcement, escalationMessage } from '../messages/announcement.ts';
import { incidentCard } from '../messages/card.ts';
import { entryMessage } from '../messages/entry.ts';
import { proposalMessage } from '../messages/proposal.ts';
import type { SlackDeps } from '../ports.ts';
import { failed, show } from '../show.ts';

const DONE: JobOutcome = { kind: 'done' };
const ofIncident = z.object({ incidentId: z.string() });

type Deps = SlackDeps & { readonly client: WebClient };

/** The jobs that keep an incident visible: announcement, channel, card, events, proposals. */
export function incidentJobs(deps: Deps): ReadonlyMap<string, JobHandler> {
  const { store, messages, client } = deps;

  /** Idempotent: the announcement is one message under one key. */
  const announce: JobHandler = async (job) => {
    const { incidentId } = ofIncident.parse(job.payload);
    const content = async () => {
      const [incident, channel] = await Promise.all([
        store.incident(incidentId),
        messages.find(channelKey(incidentId)),
      ]);
      return incident === undefined ? undefined : announcement(incident, channel?.channel);
    };
    return show(deps, job, `announcement:${incidentId}`, deps.channels.incidents, content());
  };

  /** Idempotent: the name carries the incident's number, and a channel of that name that we made is ours. */
  const openChannel: JobHandler = async (job) => {
    const incident = await store.incident(ofIncident.parse(job.payload).incidentId);
    if (incident === undefined) return GONE;
    try {
      const known = await messages.find(channelKey(incident.id));
      const channel = known?.channel ?? (await createChannel(client, incident, job.attempt));
      await messages.remember(channelKey(incident.id), channel, null);
      const owners = firstOwners(incident, deps.services.get(incident.service)?.owners);
      await inviteOwners(
        deps,
        channel,
        owners,
        incident.declaredBy.kind === 'person' ? incident.declaredBy.id : undefined,
      );
      await store.enqueue(announceJob(incident.id));
      return DONE;
    } catch (error) {
      return failed(error);
    }
  };

  /** Idempotent: one message under one key, pinned once; the topic is simply set. */
  const showCard: JobHandler = async (job) => {
    const incident = await store.incident(ofIncident.parse(job.payload).incidentId);
    if (incident === undefined) return GONE;
    const place = await messages.find(channelKey(incident.id));
    if (place === undefined) return { kind: 'retry', reason: 'the incident has no channel yet' };
    const key = `card:${incident.id}`;
    const isNew = (await messages.find(key))?.ts == null;
    const shown = await show(deps, job, key, place.channel, incidentCard(await cardContent(deps, incident)));
    if (shown.kind !== 'done') return shown;
    try {
      const card = await messages.find(key);
      if (card?.ts != null && (isNew || job.attempt > 1)) await pin(client, card.channel, card.ts);
      await setTopic(deps, incident, place.channel);
      return DONE;
    } catch (error) {
      return failed(error);
    }
  };

  /** Idempotent: one message for each timeline entry. */
  const say: JobHandler = async (job) => {
    const { incidentId, entryId } = z
      .object({ incidentId: z.string(), entryId: z.string() })
      .parse(job.payload);
    const [entry, place] = await Promise.all([store.entry(entryId), messages.find(channelKey(incidentId))]);
    if (entry === undefined) return GONE;
    if (place === undefined) return { kind: 'retry', reason: 'the incident has no channel yet' };
    return show(deps, job, `entry:${entryId}`, place.channel, entryMessage(entry));
  };

  /** Idempotent: one message under one key in the owners' channel; inviting somebody again changes nothing. */
  const escalate: JobHandler = async (job) => {
    const incident = await store.incident(ofIncident.parse(job.payload).incidentId);
    if (incident === undefined) return GONE;
    const place = await messages.find(channelKey(incident.id));
    if (place === undefined) return { kind: 'retry', reason: 'the incident has no channel yet' };
    const owners = deps.services.get(incident.service)?.owners;
    try {
      await inviteOwners(deps, place.channel, escalationOwners(incident, owners));
    } catch (error) {
      return failed(error);
    }
    if (owners?.channel === undefined) return DONE;
    const message = escalationMessage(incident, place.channel);
    return show(deps, job, `escalation:${incident.id}`, owners.channel.replace(/^#/, ''), message);
  };

  /** Idempotent: the question is one message under one key. */
  const showProposal: JobHandler = async (job) => {
    const { proposalId } = z.object({ proposalId: z.string() }).parse(job.payload);
    const proposal = await store.proposal(proposalId);
    if (proposal === undefined) return GONE;
    const incident =
      proposal.incidentId === undefined ? undefined : await store.incident(proposal.incidentId);
    const title = deps.playbook.triggers[proposal.trigger]?.title ?? proposal.trigger;
    return show(
      deps,
      job,
      `proposal:${proposal.id}`,
      deps.channels.incidents,
      proposalMessage(proposal, title, incident),
    );
  };

  return new Map([
    ['incident.announce', announce],
    ['incident.open_channel', openChannel],
    ['incident.show_card', showCard],
    ['incident.say', say],
    ['incident.escalate', escalate],
    ['proposal.show', showProposal],
  ]);
}

/** Under which key the channel of an incident is remembered. */
export function channelKey(incidentId: string): string {
  return `channel:${incidentId}`;
}

async function cardContent(deps: Deps, incident: Incident) {
  const { store } = deps;
  const [watch, timeline, mitigations, examples] = await Promise.all([
    store.watch(incident.service),
    store.timeline(incident.id),
    store.mitigationsOf(incident.id),
    store.countEntries(incident.id, 'example_captured'),
  ]);
  return {
    incident,
    service: deps.services.get(incident.service),
    findings: Object.values(watch.findings),
    changes: timeline.filter((entry) => entry.kind === 'change_seen'),
    mitigations,
    examples,
    isPageResolved: timeline.some((entry) => entry.kind === 'page_resolved'),
  };
}
