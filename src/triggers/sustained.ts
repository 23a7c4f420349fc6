import type { Measurement } from '../signals/signal.ts';
import { SECOND } from '../time.ts';

/** How long something has been so without a break, and since when. */
export interface Run {
  readonly since: Date;
  /** Milliseconds of evidence, up to the newest measurement. */
  readonly lasted: number;
}

/**
 * The run of breaching measurements that reaches up to now (design §6): evidence throughout, so that a hole longer
 * than a third of the window ends it, and one missed sample does not. A measurement speaks for its own window.
 * `history` may be in any order.
 */
export function runOf(
  history: readonly Measurement[],
  breaches: (measurement: Measurement) => boolean,
  window: number,
  now: Date,
): Run | undefined {
  const hole = window / 3;
  const newestFirst = [...history].filter((m) => m.at <= now).sort((a, b) => b.at.getTime() - a.at.getTime());
  const newest = newestFirst[0];
  if (
    newest === undefined ||
    !breaches(newest) ||
    now.getTime() - newest.at.getTime() > Math.max(hole, coverage(newest))
  )
    return undefined;
  let first = newest;
  for (const measurement of newestFirst.slice(1)) {
    if (!breaches(measurement)) break;
    if (startOf(first) - measurement.at.getTime() > hole) break;
    first = measurement;
  }
  const since = startOf(first);
  return { since: new Date(since), lasted: newest.at.getTime() - since };
}

function coverage(measurement: Measurement): number {
  return (measurement.windowSeconds ?? 0) * SECOND;
}

function startOf(measurement: Measurement): number {
  return measurement.at.getTime() - coverage(measurement);
}
