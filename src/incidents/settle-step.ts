import { AppError } from '../errors.ts';
import type { StepState } from '../runbooks/next-steps.ts';
import { CAUSES, type Cause, type StepDefinition } from '../runbooks/schema.ts';
import { startAutoSteps } from './auto-steps.ts';
import { acknowledged, type ChangeDeps, changeIncident } from './change-incident.ts';
import type { Fact, Incident } from './incident.ts';
import { refresh } from './jobs.ts';
import { entry } from './timeline.ts';

/** How a person settles a step. */
export type Settlement =
  | { readonly as: 'done'; readonly outcome: 'ok' | 'not_ok' }
  | { readonly as: 'skipped' }
  | { readonly as: 'chosen'; readonly value: string }
  | { readonly as: 'noted'; readonly text: string };

/**
 * A person ticks, skips, chooses or writes. The last word counts: settling a settled step again corrects it.
 *
 * @throws AppError `not_found`, `invalid_input`.
 */
export function settleStep(
  deps: ChangeDeps,
  input: { incidentId: string; stepId: string; by: string; settlement: Settlement },
): Promise<Incident> {
  const { stepId, by, settlement } = input;
  return changeIncident(deps, input.incidentId, (incident, context) => {
    const definition = incident.runbook.steps.find((step) => step.id === stepId);
    if (definition === undefined)
      throw new AppError('not_found', `INC-${incident.number} has no step "${stepId}".`);
    const state = stateFrom(definition, settlement, by, context.now);
    const before = incident.steps[stepId];
    if (
      before !== undefined &&
      before.status === state.status &&
      before.outcome === state.outcome &&
      before.note === state.note
    ) {
      return { change: undefined, result: incident };
    }
    const fact = factFrom(definition, settlement, context.now);
    const { incident: next, jobs: runs } = startAutoSteps(
      {
        ...acknowledged(incident, context.now),
        steps: { ...incident.steps, [stepId]: state },
        facts: { ...incident.facts, ...fact },
        ...causeFrom(fact),
      },
      context,
    );
    const said = entry(
      context,
      incident,
      { kind: 'person', id: by },
      'step_settled',
      describe(definition, state),
      {
        data: { step: stepId, status: state.status, outcome: state.outcome ?? null },
      },
    );
    return {
      change: { incidents: [next], timeline: [said], jobs: [...runs, ...refresh(incident.id)] },
      result: next,
    };
  });
}

function stateFrom(definition: StepDefinition, settlement: Settlement, by: string, at: Date): StepState {
  switch (settlement.as) {
    case 'skipped':
      return { status: 'skipped', by, at };
    case 'done':
      return { status: 'done', outcome: settlement.outcome, by, at };
    case 'chosen': {
      const option =
        definition.kind === 'choose'
          ? definition.options.find((each) => each.value === settlement.value)
          : undefined;
      if (option === undefined)
        throw new AppError(
          'invalid_input',
          `"${settlement.value}" is no option of the step “${definition.title}”.`,
        );
      return { status: 'done', outcome: 'ok', note: option.label, by, at };
    }
    case 'noted': {
      const text = settlement.text.trim();
      if (text === '')
        throw new AppError('invalid_input', `Write something for “${definition.title}”, or skip the step.`);
      return { status: 'done', outcome: 'ok', note: text, by, at };
    }
  }
}

function factFrom(
  definition: StepDefinition,
  settlement: Settlement,
  at: Date,
): Readonly<Record<string, Fact>> {
  const fact = (value: string): Fact => ({ value, from: `step:${definition.id}`, at });
  if (definition.kind === 'choose' && settlement.as === 'chosen')
    return { [definition.sets]: fact(settlement.value) };
  if (definition.kind === 'note' && settlement.as === 'noted' && definition.sets !== undefined) {
    return { [definition.sets]: fact(settlement.text.trim()) };
  }
  return {};
}

/** A step that sets the fact `cause` sets the incident's cause, which selects mitigations. */
export function causeFrom(facts: Readonly<Record<string, Fact>>): { cause?: Cause } {
  const cause = CAUSES.find((known) => known === facts.cause?.value);
  return cause === undefined ? {} : { cause };
}

function describe(definition: StepDefinition, state: StepState): string {
  if (state.status === 'skipped') return `Skipped: ${definition.title}`;
  const found = state.note ?? (state.outcome === 'not_ok' ? 'not OK' : 'OK');
  return `${definition.title}: ${found}`;
}
