import { gridBefore } from '../signals/polled-points.ts';
import type { EvalsHook } from '../signals/polling-schema.ts';

/** Why evals are to be run. */
export type EvalReason = 'scheduled' | 'incident' | 'suspected';

/** What is asked of a service's evals hook: to start a run. Its results come as measurements. */
export interface EvalRun {
  readonly service: string;
  readonly reason: EvalReason;
  /** The period it is for, or when it was suspected: with service and reason it tells one run from another. */
  readonly at: Date;
  /** How many samples are wanted, where more than usual are. */
  readonly samples?: number;
}

/** Starts runs, implemented by an adapter. Never throws for what the other side does. */
export type StartEvals = (
  hook: EvalsHook['run'],
  run: EvalRun,
) => Promise<{ readonly kind: 'started' } | { readonly kind: 'failed'; readonly reason: string }>;

/** The same for every try of one run, so that the other side starts it once. */
export function evalRunKey({ service, reason, at }: EvalRun): string {
  return `evals:${service}:${reason}:${at.toISOString()}`;
}

/**
 * The run that is due: one for each period, which is shorter while there is an incident. Periods that nobody was there
 * for are not made up for. @param last the period that was run last.
 */
export function dueEvalRun(
  service: string,
  hook: EvalsHook,
  hasOpenIncident: boolean,
  last: Date | undefined,
  now: Date,
): EvalRun | undefined {
  const more = hasOpenIncident ? hook.during_incident : undefined;
  const at = gridBefore(now, more ?? hook.every);
  if (last !== undefined && at <= last) return undefined;
  return { service, reason: more === undefined ? 'scheduled' : 'incident', at };
}

/** When it is to be looked again whether a run is due. */
export function nextEvalLook(hook: EvalsHook, now: Date): Date {
  const next = [hook.every, hook.during_incident ?? hook.every].map(
    (every) => gridBefore(now, every).getTime() + every,
  );
  return new Date(Math.min(...next));
}
