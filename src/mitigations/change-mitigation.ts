import { AppError } from '../errors.ts';
import type { Incident } from '../incidents/incident.ts';
import type { EntryContext } from '../incidents/timeline.ts';
import { type Decision, runVerb } from '../verb.ts';
import { heldSince } from './installation.ts';
import type { Mitigation } from './mitigation.ts';
import type { MitigationChange, MitigationDeps } from './ports.ts';

export interface MitigationWithIncident {
  readonly mitigation: Mitigation;
  readonly incident: Incident;
  /** Nothing is sent: the database was restored and nobody has released mitigations yet. */
  readonly heldSince: Date | undefined;
}

/**
 * A verb on one mitigation, with its incident beside it: load → decide → save.
 *
 * @throws AppError `not_found`, `conflict`, and what `decide` throws.
 */
export function changeMitigation<Result>(
  deps: MitigationDeps,
  mitigationId: string,
  decide: (state: MitigationWithIncident, context: EntryContext) => Decision<MitigationChange, Result>,
): Promise<Result> {
  return runVerb(
    {
      load: async () => {
        const [mitigation, installation] = await Promise.all([
          deps.store.mitigation(mitigationId),
          deps.store.installation(),
        ]);
        const incident =
          mitigation === undefined ? undefined : await deps.store.incident(mitigation.incidentId);
        if (mitigation === undefined || incident === undefined)
          throw new AppError('not_found', 'That mitigation is not known here.');
        return { mitigation, incident, heldSince: heldSince(installation) };
      },
      save: (change: MitigationChange) => deps.store.save(change),
    },
    (state) => decide(state, { now: deps.clock.now(), newId: deps.newId }),
  );
}
