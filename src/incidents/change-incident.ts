import { AppError } from '../errors.ts';
import { type Decision, runVerb } from '../verb.ts';
import type { Incident } from './incident.ts';
import type { IncidentChange, IncidentDeps } from './ports.ts';
import type { EntryContext } from './timeline.ts';

/** What a change to an incident needs; stores that write more than incidents fit too. */
export type ChangeDeps = Pick<IncidentDeps, 'store' | 'clock' | 'newId'>;

/**
 * A verb on one incident: load → decide → save.
 *
 * @throws AppError `not_found`, `conflict`, and what `decide` throws.
 */
export async function changeIncident<Result>(
  deps: ChangeDeps,
  incidentId: string,
  decide: (incident: Incident, context: EntryContext) => Decision<IncidentChange, Result>,
): Promise<Result> {
  return runVerb(
    {
      load: async () => {
        const incident = await deps.store.incident(incidentId);
        if (incident === undefined) throw new AppError('not_found', 'That incident is not known here.');
        return incident;
      },
      save: (change: IncidentChange) => deps.store.save(change),
    },
    (incident) => decide(incident, { now: deps.clock.now(), newId: deps.newId }),
  );
}

/** The first sign that somebody is on it sets `acknowledged_at`. */
export function acknowledged(incident: Incident, now: Date): Incident {
  return incident.acknowledgedAt === undefined ? { ...incident, acknowledgedAt: now } : incident;
}
