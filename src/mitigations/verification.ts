import { formatSliValue, type OwnSli, sliDefinition } from '../services/slis.ts';
import type { Measurement } from '../signals/signal.ts';
import { formatDuration } from '../time.ts';
import type { Mitigation } from './mitigation.ts';

/** What counts as recovered: an SLI back within `recoveredWithin` of its baseline, on its bad side. */
export interface RecoveryCriterion {
  readonly sli: string;
  readonly baseline: number;
  readonly recoveredWithin: number;
}

export type Verification =
  | { readonly kind: 'recovered'; readonly detail: string }
  | { readonly kind: 'waiting'; readonly detail: string }
  | { readonly kind: 'not_recovered'; readonly detail: string }
  /** Time is up and nothing was measured: nobody knows. */
  | { readonly kind: 'no_data'; readonly detail: string };

/**
 * Proof of recovery: the last `consecutive` measurements since the mitigation ran are all back at the baseline.
 * `measurements` are those since it ran, oldest first.
 */
export function verifyRecovery(
  mitigation: Mitigation,
  criterion: RecoveryCriterion,
  measurements: readonly Measurement[],
  now: Date,
  ownSlis: Readonly<Record<string, OwnSli>>,
): Verification {
  const { consecutive, within } = mitigation.definition.verify;
  const definition = sliDefinition(criterion.sli, ownSlis);
  const worseBy = (value: number): number =>
    definition.better === 'higher' ? criterion.baseline - value : value - criterion.baseline;
  const good = (m: Measurement): boolean =>
    Math.round(worseBy(m.value) * 1e9) / 1e9 <= criterion.recoveredWithin;

  const trailing = measurements.length - (measurements.findLastIndex((m) => !good(m)) + 1);
  const last = measurements.at(-1);
  const value = last === undefined ? 'no data' : formatSliValue(last.value, definition.unit);
  const baseline = formatSliValue(criterion.baseline, definition.unit);
  if (trailing >= consecutive) {
    return {
      kind: 'recovered',
      detail: `${definition.title} is back at ${value} (baseline ${baseline}), ${trailing} measurements in a row.`,
    };
  }
  if (mitigation.ranAt === undefined || now.getTime() < mitigation.ranAt.getTime() + within) {
    return {
      kind: 'waiting',
      detail: `${definition.title}: ${value}; ${trailing} of ${consecutive} measurements in a row at the baseline of ${baseline}.`,
    };
  }
  if (last === undefined) {
    return {
      kind: 'no_data',
      detail: `No measurement of ${definition.title.toLowerCase()} arrived within ${formatDuration(within)} after it ran, so nobody knows whether it helped.`,
    };
  }
  return {
    kind: 'not_recovered',
    detail: `It ran, but ${definition.title.toLowerCase()} did not recover within ${formatDuration(within)}: ${value}, baseline ${baseline} (${trailing} of ${consecutive} measurements in a row).`,
  };
}
