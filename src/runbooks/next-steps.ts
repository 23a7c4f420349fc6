import type { Condition, RunbookPhase, StepDefinition } from './schema.ts';

/** How far one step has come (design §2). A step nobody has touched has no state. */
export interface StepState {
  readonly status: 'done' | 'skipped';
  /** For done steps: what was found. */
  readonly outcome?: 'ok' | 'not_ok' | 'no_data';
  readonly note?: string;
  readonly by: string;
  readonly at: Date;
}

/** What conditions may ask of an incident. */
export interface RunbookContext {
  readonly kind: string;
  readonly cause?: string | undefined;
  readonly trigger?: string | undefined;
  readonly facts: Readonly<Record<string, { readonly value: string } | undefined>>;
}

/** A step that applies to the incident as it is known now. */
export interface ApplicableStep {
  readonly definition: StepDefinition;
  readonly state: StepState | undefined;
}

/** True when every named part of the condition holds; no condition always does. */
export function holds(condition: Condition | undefined, context: RunbookContext): boolean {
  if (condition === undefined) return true;
  const within = (allowed: readonly string[] | undefined, actual: string | undefined): boolean =>
    allowed === undefined || (actual !== undefined && allowed.includes(actual));
  return (
    within(condition.kind, context.kind) &&
    within(condition.cause, context.cause) &&
    within(condition.trigger, context.trigger) &&
    Object.entries(condition.fact ?? {}).every(([name, test]) =>
      within(test.is === undefined ? test.in : [test.is], context.facts[name]?.value),
    )
  );
}

/** The phase's steps that apply, in order, with their states. A step that was settled stays, even when its condition no longer holds. */
export function stepsOfPhase(
  steps: readonly StepDefinition[],
  states: Readonly<Record<string, StepState | undefined>>,
  phase: RunbookPhase,
  context: RunbookContext,
): readonly ApplicableStep[] {
  return steps
    .filter((definition) => definition.phase === phase)
    .map((definition) => ({ definition, state: states[definition.id] }))
    .filter(({ definition, state }) => state !== undefined || holds(definition.when, context));
}

/** The first step of the phase that nobody has settled. */
export function nextStep(steps: readonly ApplicableStep[]): ApplicableStep | undefined {
  return steps.find((step) => step.state === undefined);
}
