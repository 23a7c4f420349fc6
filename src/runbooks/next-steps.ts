import type { Condition, RunbookPhase, StepDefinition } from './schema.ts';

export type StepOutcome = 'ok' | 'not_ok' | 'no_data';

/** How far one step has come (design §2). A step nobody has touched has no state. */
export interface StepState {
  readonly status: 'running' | 'done' | 'skipped' | 'failed';
  /** For done steps: what was found. */
  readonly outcome?: StepOutcome;
  /** What was found, in words; for failed steps why. */
  readonly note?: string;
  /** Where the evidence is, when there is a place. */
  readonly url?: string;
  /** For running steps: the run whose finding counts. */
  readonly run?: string;
  /** A person's Slack id, or `aire`. */
  readonly by: string;
  /** Since when it is so. */
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

/** Nothing more is asked of anybody: it is answered, or was skipped. */
export function isSettled(state: StepState | undefined): boolean {
  return state?.status === 'done' || state?.status === 'skipped';
}

/**
 * The first step of the phase that waits for a person; a failed one does. One that is running holds nobody up: it is
 * the next only when nothing else is.
 */
export function nextStep(steps: readonly ApplicableStep[]): ApplicableStep | undefined {
  const open = steps.filter(({ state }) => !isSettled(state));
  return open.find(({ state }) => state?.status !== 'running') ?? open[0];
}
