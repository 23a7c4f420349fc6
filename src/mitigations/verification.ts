import { formatSliValue, type OwnSli, sliDefinition } from '../services/slis.ts';
import { formatDuration } from '../time.ts';
import type { Check, History } from '../triggers/evidence.ts';
import { type Slice, sliTitle } from '../triggers/slice.ts';
import type { Mitigation } from './mitigation.ts';

/** What counts as recovered: an SLI, or the slice of it that fired, back within `recoveredWithin` of its baseline, on its bad side. */
export interface RecoveryCriterion {
  readonly sli: string;
  readonly slice?: Slice;
  readonly baseline: number;
  readonly recoveredWithin: number;
}

export type Verification =
  | { readonly kind: 'recovered'; readonly detail: string }
  | { readonly kind: 'waiting'; readonly detail: string }
  | { readonly kind: 'not_recovered'; readonly detail: string }
  /** Time is up and nothing was measured, or too much to be looked at: nobody knows. */
  | { readonly kind: 'no_data'; readonly detail: string };

/**
 * Proof of recovery: the last `consecutive` measurements since the mitigation ran are all back at the baseline, those of
 * one moment as one, as triggers see them. `since` is what was measured since it ran, of the slice where one fired.
 */
export function verifyRecovery(
  mitigation: Mitigation,
  criterion: RecoveryCriterion,
  { checks, isCut }: History,
  now: Date,
  ownSlis: Readonly<Record<string, OwnSli>>,
): Verification {
  const { consecutive, within } = mitigation.definition.verify;
  const definition = sliDefinition(criterion.sli, ownSlis);
  const title = sliTitle(definition, criterion.slice);
  const titleWithin = sliTitle({ title: definition.title.toLowerCase() }, criterion.slice);
  const worseBy = (value: number): number =>
    definition.better === 'higher' ? criterion.baseline - value : value - criterion.baseline;
  const good = (check: Check): boolean =>
    Math.round(worseBy(check.value) * 1e9) / 1e9 <= criterion.recoveredWithin;
  const trailing = checks.length - (checks.findLastIndex((check) => !good(check)) + 1);
  const last = checks.at(-1);
  const value = last === undefined ? 'no data' : formatSliValue(last.value, definition.unit);
  const baseline = formatSliValue(criterion.baseline, definition.unit);
  if (trailing >= consecutive) {
    return {
      kind: 'recovered',
      detail: `${title} is back at ${value} (baseline ${baseline}), ${trailing} measurements in a row.`,
    };
  }
  if (mitigation.ranAt === undefined || now.getTime() < mitigation.ranAt.getTime() + within) {
    return {
      kind: 'waiting',
      detail: `${title}: ${value}; ${trailing} of ${consecutive} measurements in a row at the baseline of ${baseline}.`,
    };
  }
  if (isCut === true && trailing === checks.length) {
    return {
      kind: 'no_data',
      detail: `It ran, but nobody knows whether it helped: of ${titleWithin} more is measured than is read at once. Of the ${consecutive} measurements in a row that are needed ${trailing === 0 ? 'none' : `only ${trailing}`} could be looked at${trailing === 0 ? '' : `, all at the baseline of ${baseline}`}. Send fewer series of it.`,
    };
  }
  if (last === undefined) {
    return {
      kind: 'no_data',
      detail: `No measurement of ${titleWithin} arrived within ${formatDuration(within)} after it ran, so nobody knows whether it helped.${criterion.slice === undefined ? '' : ' If it took that slice away, look at the others.'}`,
    };
  }
  return {
    kind: 'not_recovered',
    detail: `It ran, but ${titleWithin} did not recover within ${formatDuration(within)}: ${value}, baseline ${baseline} (${trailing} of ${consecutive} measurements in a row).`,
  };
}
