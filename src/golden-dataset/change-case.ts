import { AppError } from '../errors.ts';
import type { Incident } from '../incidents/incident.ts';
import type { EntryContext } from '../incidents/timeline.ts';
import { type Decision, runVerb } from '../verb.ts';
import type { GoldenCase } from './golden-case.ts';
import type { GoldenChange, GoldenDeps } from './ports.ts';

/**
 * A verb on one golden case, with its incident beside it: load → decide → save.
 *
 * @throws AppError `not_found`, `conflict`, and what `decide` throws.
 */
export function changeCase<Result>(
  deps: GoldenDeps,
  caseId: string,
  decide: (
    state: { golden: GoldenCase; incident: Incident },
    context: EntryContext,
  ) => Decision<GoldenChange, Result>,
): Promise<Result> {
  return runVerb(
    {
      load: async () => {
        const golden = await deps.store.goldenCase(caseId);
        const incident = golden === undefined ? undefined : await deps.store.incident(golden.incidentId);
        if (golden === undefined || incident === undefined)
          throw new AppError('not_found', 'That golden case is not known here.');
        return { golden, incident };
      },
      save: (change: GoldenChange) => deps.store.save(change),
    },
    (state) => decide(state, { now: deps.clock.now(), newId: deps.newId }),
  );
}
