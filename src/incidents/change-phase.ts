import type { NewJob } from '../verb.ts';
import { startAutoSteps } from './auto-steps.ts';
import { type ChangeDeps, changeIncident } from './change-incident.ts';
import { type Incident, incidentName } from './incident.ts';
import { refresh, say } from './jobs.ts';
import { reminderFromResolution } from './reminders.ts';
import { type EntryKind, entry } from './timeline.ts';
import { type PhaseEvent, transition } from './transition.ts';

/**
 * A person moves an incident through its lifecycle. What else follows from a phase (a postmortem after
 * `resolve`) is asked for by `followUps`, which the composition root gives.
 *
 * @throws AppError `not_allowed_now`.
 */
export function changePhase(
  deps: ChangeDeps & { readonly followUps: PhaseFollowUps },
  input: { incidentId: string; by: string; event: PhaseEvent; summary?: string },
): Promise<Incident> {
  return changeIncident(deps, input.incidentId, (incident, context) => {
    const moved = transition(incident, input.event, context.now);
    const { incident: next, jobs: runs } = startAutoSteps(moved, context);
    const said = entry(
      context,
      incident,
      { kind: 'person', id: input.by },
      ENTRY[input.event.type],
      describe(incident, input),
    );
    const jobs = [
      ...(input.event.type === 'advance' ? [] : [say(said)]),
      ...refresh(incident.id),
      ...runs,
      ...(next.phase === 'post_incident' ? [reminderFromResolution(next, context.now)] : []),
      ...deps.followUps(next, input.event),
    ];
    return { change: { incidents: [next], timeline: [said], jobs }, result: next };
  });
}

/** Jobs that features further down want when a phase changes. */
export type PhaseFollowUps = (incident: Incident, event: PhaseEvent) => readonly NewJob[];

const ENTRY: Readonly<Record<PhaseEvent['type'], EntryKind>> = {
  advance: 'phase_changed',
  resolve: 'resolved',
  reopen: 'reopened',
  cancel: 'cancelled',
  close: 'closed',
};

function describe(incident: Incident, input: { event: PhaseEvent; summary?: string }): string {
  const because = input.summary === undefined || input.summary === '' ? '' : ` ${input.summary}`;
  switch (input.event.type) {
    case 'advance':
      return `Moved from ${incident.phase} to ${input.event.to}.`;
    case 'resolve':
      return `Resolved ${incidentName(incident)}.${because}`;
    case 'reopen':
      return `Reopened ${incidentName(incident)}.${because}`;
    case 'cancel':
      return `Cancelled ${incidentName(incident)}: not an incident.${because}`;
    case 'close':
      return `Closed ${incidentName(incident)}.${because}`;
  }
}
