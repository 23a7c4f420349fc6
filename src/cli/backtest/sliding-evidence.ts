import { CHECKS_AT_ONCE, CHECKS_TO_CONFIRM } from '../../incidents/evidence-wanted.ts';
import type { EvidenceWanted } from '../../incidents/ports.ts';
import { NO_SUMS } from '../../triggers/baseline.ts';
import type { Check, SliEvidence } from '../../triggers/evidence.ts';

/** A series as the database would give it at each of its moments, one after another (`adapters/db/sli-evidence.ts`). */
export interface SlidingEvidence {
  /** What was known at the moment of the check `index`. Ask in order. */
  at(index: number): SliEvidence;
  /** The checks from a moment up to `index` lie within an incident. */
  isIncident(from: Date, index: number): void;
}

/** Slides over checks in order; each is added to the baseline's sums once and taken away once. */
export function slideOver(checks: readonly Check[], wanted: EvidenceWanted, sli: string): SlidingEvidence {
  const seen = [...checks];
  const history = wanted.history.get(sli);
  /** The first check that is looked at, and the half-open range that the sums are of. */
  let first = 0;
  let [low, high] = [0, 0];
  let sums = NO_SUMS;
  const timeOf = (index: number): number => seen[index]?.at.getTime() ?? Number.POSITIVE_INFINITY;
  const add = (index: number, sign: 1 | -1): void => {
    const check = seen[index];
    if (check === undefined || check.inIncident) return;
    const weight = sign * (check.samples ?? 1);
    sums = {
      measurements: sums.measurements + sign,
      weighted: sums.weighted + check.value * weight,
      weight: sums.weight + weight,
    };
  };
  return {
    at(index) {
      const now = timeOf(index);
      const from = now - wanted.baselineWindow;
      const since = history === undefined ? from : Math.max(from, now - history);
      const atMost = history === undefined ? CHECKS_TO_CONFIRM : CHECKS_AT_ONCE;
      while (first < index && (timeOf(first) < since || index - first >= atMost)) first++;
      if (wanted.baselines.has(sli)) {
        const until = Math.min(timeOf(first), now - (history ?? 0));
        for (; timeOf(high) < until; high++) add(high, 1);
        for (; low < high && timeOf(low) < from; low++) add(low, -1);
      }
      const isCut = history !== undefined && index - first + 1 >= CHECKS_AT_ONCE;
      return { checks: seen.slice(first, index + 1), before: sums, ...(isCut ? { isCut } : {}) };
    },
    isIncident(from, index) {
      for (let at = index; at >= 0 && timeOf(at) >= from.getTime(); at--) {
        const check = seen[at];
        if (check === undefined || check.inIncident) continue;
        if (at >= low && at < high) add(at, -1);
        seen[at] = { ...check, inIncident: true };
      }
    },
  };
}
