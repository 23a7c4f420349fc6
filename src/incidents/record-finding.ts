import type { StepResult } from '../runbooks/judge.ts';
import type { StepState } from '../runbooks/next-steps.ts';
import type { StepDefinition } from '../runbooks/schema.ts';
import { BY_AIRE, startAutoSteps } from './auto-steps.ts';
import { type ChangeDeps, changeIncident } from './change-incident.ts';
import { AIRE, type Fact } from './incident.ts';
import { showCard } from './jobs.ts';
import { causeFrom } from './settle-step.ts';
import { entry } from './timeline.ts';

/**
 * What a run found settles its step, or says why it failed. It counts only while that run is the one the step waits
 * for: a person who has answered meanwhile, or a later run, has the last word. It acknowledges nothing: no person did it.
 *
 * @throws AppError `not_found`.
 */
export function recordFinding(
  deps: ChangeDeps,
  input: { incidentId: string; stepId: string; run: string; result: StepResult },
): Promise<void> {
  const { stepId, run, result } = input;
  return changeIncident<void>(deps, input.incidentId, (incident, context) => {
    const definition = incident.runbook.steps.find((step) => step.id === stepId);
    const before = incident.steps[stepId];
    if (definition === undefined || before?.status !== 'running' || before.run !== run)
      return { change: undefined, result: undefined };
    const state = stateFrom(result, context.now);
    const facts = factFrom(definition, result, context.now);
    const next = startAutoSteps(
      {
        ...incident,
        steps: { ...incident.steps, [stepId]: state },
        facts: { ...incident.facts, ...facts },
        ...causeFrom(facts),
      },
      context,
    );
    const said = entry(context, incident, AIRE, 'step_settled', `${definition.title}: ${state.note ?? ''}`, {
      data: { step: stepId, status: state.status, outcome: state.outcome ?? null },
      ...(state.url === undefined ? {} : { url: state.url }),
    });
    // The card shows it: a message for each would bury what people say.
    return {
      change: { incidents: [next.incident], timeline: [said], jobs: [...next.jobs, showCard(incident.id)] },
      result: undefined,
    };
  });
}

function stateFrom(result: StepResult, at: Date): StepState {
  if (result.kind === 'failed') return { status: 'failed', note: result.reason, by: BY_AIRE, at };
  const { outcome, note, url } = result;
  return { status: 'done', outcome, note, ...(url === undefined ? {} : { url }), by: BY_AIRE, at };
}

function factFrom(definition: StepDefinition, result: StepResult, at: Date): Readonly<Record<string, Fact>> {
  const name = 'sets' in definition ? definition.sets : undefined;
  if (name === undefined || result.kind === 'failed' || result.value === undefined) return {};
  return { [name]: { value: result.value, from: `step:${definition.id}`, at } };
}
