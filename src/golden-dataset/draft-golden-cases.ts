import { AppError } from '../errors.ts';
import { AIRE } from '../incidents/incident.ts';
import { entry } from '../incidents/timeline.ts';
import { runVerb } from '../verb.ts';
import { draftCases } from './golden-case.ts';
import { showGoldenCase } from './jobs.ts';
import type { GoldenChange, GoldenDeps } from './ports.ts';

/** Drafts cases from what was captured during an incident and asks for their review. */
export function draftGoldenCases(deps: GoldenDeps, incidentId: string): Promise<void> {
  return runVerb(
    {
      load: async () => {
        const incident = await deps.store.incident(incidentId);
        if (incident === undefined) throw new AppError('not_found', 'That incident is not known here.');
        const [examples, known] = await Promise.all([
          deps.store.examplesOf(incident),
          deps.store.goldenCasesOf(incidentId),
        ]);
        return { incident, examples, known: new Set(known.map((each) => each.id)) };
      },
      save: (change: GoldenChange) => deps.store.save(change),
    },
    ({ incident, examples, known }) => {
      const context = { now: deps.clock.now(), newId: deps.newId };
      const goldenCases = draftCases(incident, examples, context.now).filter(
        (drafted) => !known.has(drafted.id),
      );
      if (goldenCases.length === 0) return { change: undefined, result: undefined };
      const timeline = goldenCases.map((drafted) =>
        entry(
          context,
          incident,
          AIRE,
          'golden_case_drafted',
          `Golden case drafted (${drafted.failure}): ${drafted.input.slice(0, 120)}`,
          { data: { case: drafted.id } },
        ),
      );
      return {
        change: {
          goldenCases,
          timeline,
          jobs: goldenCases.map((drafted) => showGoldenCase(incident.id, drafted.id)),
        },
        result: undefined,
      };
    },
  );
}
