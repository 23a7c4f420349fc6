import { SECOND } from '../time.ts';
import type { Check, History } from './evidence.ts';

/** How long something has been so without a break. */
export interface Run {
  readonly since: Date;
  /** Milliseconds of evidence, up to the newest check. */
  readonly lasted: number;
  /** Index of its first check. */
  readonly from: number;
}

/**
 * The run with one more breaching check (design §6): evidence throughout, so that a hole longer than a third of the
 * window starts a new run, and one missed sample does not. A check speaks for its own window.
 */
export function extendRun(
  run: Run | undefined,
  before: Check | undefined,
  check: Check,
  index: number,
  window: number,
): Run {
  const goesOn =
    run !== undefined && before !== undefined && startOf(check) - before.at.getTime() <= window / 3;
  const since = goesOn ? run.since : new Date(startOf(check));
  return { since, lasted: check.at.getTime() - since.getTime(), from: goesOn ? run.from : index };
}

/** When the time a check speaks for began, in milliseconds. */
export function startOf(check: Check): number {
  return check.at.getTime() - (check.windowSeconds ?? 0) * SECOND;
}

/**
 * How much of the time that a rule looks back over could be looked at, in milliseconds; undefined where it was all of it,
 * or as much as the rule needs.
 *
 * @param needed what the rule must see, in milliseconds.
 */
export function seenOnly(known: History, needed: number): number | undefined {
  const [oldest, newest] = [known.checks[0], known.checks.at(-1)];
  if (known.isCut !== true || oldest === undefined || newest === undefined) return undefined;
  const seen = newest.at.getTime() - startOf(oldest);
  return seen < needed ? seen : undefined;
}
