import { AIRE } from '../incidents/incident.ts';
import { entry } from '../incidents/timeline.ts';
import type { NewJob } from '../verb.ts';
import { caseLine } from './case-line.ts';
import { changeCase } from './change-case.ts';
import { showGoldenCase } from './jobs.ts';
import type { GoldenDeps, GoldenRepository } from './ports.ts';

/**
 * Commits an approved case to the golden dataset, then records where it is. Safe to run again: the repository
 * recognises the line by its id.
 */
export async function commitToDataset(
  deps: GoldenDeps & { readonly followUp: (incidentId: string) => readonly NewJob[] },
  repository: GoldenRepository,
  caseId: string,
): Promise<void> {
  const golden = await deps.store.goldenCase(caseId);
  const incident = golden === undefined ? undefined : await deps.store.incident(golden.incidentId);
  if (golden === undefined || incident === undefined || golden.state !== 'approved') return;
  const { path, commit } = await repository.commitCase({
    service: golden.service,
    caseId: golden.id,
    line: caseLine(golden, incident),
    message: `${golden.service}: golden case from INC-${incident.number} (${golden.failure})`,
  });
  await changeCase(deps, caseId, (state, context) => {
    if (state.golden.state !== 'approved') return { change: undefined, result: undefined };
    const said = entry(
      context,
      state.incident,
      AIRE,
      'golden_case_committed',
      `Golden case committed to ${path} (${commit.slice(0, 8)}).`,
      { data: { case: caseId, path, commit } },
    );
    const jobs = [showGoldenCase(state.incident.id, caseId), ...deps.followUp(state.incident.id)];
    return {
      change: {
        goldenCases: [{ ...state.golden, state: 'committed', path, commit }],
        timeline: [said],
        jobs,
      },
      result: undefined,
    };
  });
}
