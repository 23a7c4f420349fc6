import { AppError } from '../errors.ts';
import { isSettled } from '../runbooks/next-steps.ts';
import { isRunnable } from '../runbooks/schema.ts';
import { startSteps } from './auto-steps.ts';
import { acknowledged, type ChangeDeps, changeIncident } from './change-incident.ts';
import type { Incident } from './incident.ts';
import { refresh } from './jobs.ts';

/**
 * A person has aire run a step, or run one again that failed. One that is running or settled is left as it is, so that
 * two clicks are one run.
 *
 * @throws AppError `not_found`, `not_allowed_now`.
 */
export function startStep(
  deps: ChangeDeps,
  input: { incidentId: string; stepId: string; by: string },
): Promise<Incident> {
  return changeIncident(deps, input.incidentId, (incident, context) => {
    const step = incident.runbook.steps.find((each) => each.id === input.stepId);
    if (step === undefined)
      throw new AppError('not_found', `INC-${incident.number} has no step "${input.stepId}".`);
    if (!isRunnable(step))
      throw new AppError('not_allowed_now', `“${step.title}” is for a person to answer; aire can't run it.`);
    const state = incident.steps[step.id];
    if (state?.status === 'running' || isSettled(state)) return { change: undefined, result: incident };
    const started = startSteps(acknowledged(incident, context.now), [step], input.by, context);
    return {
      change: { incidents: [started.incident], jobs: [...started.jobs, ...refresh(incident.id)] },
      result: started.incident,
    };
  });
}
