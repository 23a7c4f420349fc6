import { namesIn } from '../insert-values.ts';
import { stepsOfPhase } from '../runbooks/next-steps.ts';
import { isRunnable, type RunnableStep, templateOf } from '../runbooks/schema.ts';
import type { NewJob } from '../verb.ts';
import type { Incident } from './incident.ts';
import { incidentValues } from './incident-values.ts';
import { runStepJob } from './jobs.ts';
import type { EntryContext } from './timeline.ts';

/** Who runs a step that nobody asked for. */
export const BY_AIRE = 'aire';

/**
 * The `run: auto` steps of the phase it is in whose condition holds, whose values are known and that nobody has touched:
 * asked whenever a phase begins, or a fact or the cause changes (design §4).
 */
export function autoStepsToStart(incident: Incident): readonly RunnableStep[] {
  if (incident.phase === 'closed' || incident.phase === 'cancelled') return [];
  const values = incidentValues(incident);
  return stepsOfPhase(incident.runbook.steps, incident.steps, incident.phase, incident)
    .filter(({ state }) => state === undefined)
    .map(({ definition }) => definition)
    .filter(isRunnable)
    .filter((step) => 'run' in step && step.run === 'auto')
    .filter((step) => namesIn(templateOf(step)).every((name) => (values[name] ?? '') !== ''));
}

/** The incident with those steps running, and their jobs. */
export function startAutoSteps(
  incident: Incident,
  context: EntryContext,
): { incident: Incident; jobs: readonly NewJob[] } {
  return startSteps(incident, autoStepsToStart(incident), BY_AIRE, context);
}

/** Each step gets a run of its own: only what that run finds counts. */
export function startSteps(
  incident: Incident,
  steps: readonly RunnableStep[],
  by: string,
  context: EntryContext,
): { incident: Incident; jobs: readonly NewJob[] } {
  const runs = steps.map((step) => ({ step, run: context.newId('run') }));
  const states = runs.map(
    ({ step, run }) => [step.id, { status: 'running', run, by, at: context.now }] as const,
  );
  return {
    incident: { ...incident, steps: { ...incident.steps, ...Object.fromEntries(states) } },
    jobs: runs.map(({ step, run }) => runStepJob(incident.id, step, run)),
  };
}
