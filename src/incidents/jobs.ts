import type { RunnableStep } from '../runbooks/schema.ts';
import type { NewJob } from '../verb.ts';
import type { TimelineEntry } from './timeline.ts';

/** What the features ask the outside to do for an incident, in the order of its lane. */
const lane = (incidentId: string): string => `incident:${incidentId}`;

/** The line in the incidents channel, posted once and edited in place. */
export function announce(incidentId: string): NewJob {
  return {
    kind: 'incident.announce',
    lane: 'incidents-channel',
    key: `announce:${incidentId}`,
    coalesce: true,
    payload: { incidentId },
  };
}

/** The incident's own channel: created once, with its topic and the people it concerns. */
export function openChannel(incidentId: string): NewJob {
  return {
    kind: 'incident.open_channel',
    lane: lane(incidentId),
    key: `open-channel:${incidentId}`,
    payload: { incidentId },
  };
}

/** The pinned card and the topic, rendered from the state at the moment they are sent. */
export function showCard(incidentId: string): NewJob {
  return {
    kind: 'incident.show_card',
    lane: lane(incidentId),
    key: `card:${incidentId}`,
    coalesce: true,
    payload: { incidentId },
  };
}

/** The status pages of the service's vendors are read. A lane of its own: a page that hangs delays no message. */
export function readVendors(incidentId: string): NewJob {
  return {
    kind: 'incident.read_vendors',
    lane: `incident-vendors:${incidentId}`,
    key: `vendors:${incidentId}`,
    coalesce: true,
    payload: { incidentId },
  };
}

/** One timeline entry as a message in the incident's channel. */
export function say(entry: TimelineEntry): NewJob {
  return {
    kind: 'incident.say',
    lane: lane(entry.incidentId),
    key: `say:${entry.id}`,
    payload: { incidentId: entry.incidentId, entryId: entry.id },
  };
}

/** The owners are told in their own channel and invited: asked for once an incident. */
export function escalate(incidentId: string): NewJob {
  return {
    kind: 'incident.escalate',
    lane: lane(incidentId),
    key: `escalate:${incidentId}`,
    payload: { incidentId },
  };
}

/** A step is run. Its lane is its own, so that it holds up no message, except that of pages for one that pages. */
export function runStepJob(incidentId: string, step: RunnableStep, run: string): NewJob {
  return {
    kind: 'step.run',
    lane: step.kind === 'page' ? pageLane(incidentId) : `step:${incidentId}:${step.id}`,
    key: `step-run:${run}`,
    payload: { incidentId, stepId: step.id, run },
  };
}

/** A service's evals are run at once, since something became suspected at `at`; `samples` are wanted. */
export function suspectedEvals(service: string, at: Date, samples: number): NewJob {
  return {
    kind: 'evals.suspected',
    lane: `evals-suspected:${service}`,
    key: `evals-suspected:${service}:${at.toISOString()}`,
    payload: { service, at, samples },
  };
}

/** Pages have a lane of their own, so that a Slack that is down holds none up. */
export function pageLane(incidentId: string): string {
  return `incident-page:${incidentId}`;
}

/** A slow service is looked at once more, when it may have been slow for long enough to call its owners. */
export function watchLatency(incidentId: string, at: Date): NewJob {
  return {
    kind: 'incident.watch_latency',
    lane: `incident-reminders:${incidentId}`,
    key: `watch-latency:${incidentId}:${at.toISOString()}`,
    payload: { incidentId },
    dueAt: at,
  };
}

/** State changed: card and announcement follow. */
export function refresh(incidentId: string): NewJob[] {
  return [showCard(incidentId), announce(incidentId)];
}

/** The message that asks whether to declare, edited in place when somebody answered. */
export function showProposal(proposalId: string): NewJob {
  return {
    kind: 'proposal.show',
    lane: 'incidents-channel',
    key: `proposal:${proposalId}`,
    coalesce: true,
    payload: { proposalId },
  };
}

/** An answer that only one person sees, in the channel where they acted. */
export function tell(person: string, channel: string, text: string, key: string): NewJob {
  return {
    kind: 'person.tell',
    lane: `person:${person}`,
    key: `tell:${key}`,
    payload: { person, channel, text },
  };
}
