import { formatSliValue, type SliDefinition, type SliUnit } from '../services/slis.ts';
import type { Baseline } from './baseline.ts';
import type { Comparator } from './schema.ts';
import { withoutDust } from './sequential.ts';

/** A value held against its limit. */
export interface Comparison {
  /** Beyond the limit: the trigger's condition holds. */
  readonly breached: boolean;
  /** Not back far enough: what was firing stays so, that a value on the edge does not flap. */
  readonly unrecovered: boolean;
  /** What severities compare with: points from baseline, times the baseline, or the value itself. */
  readonly extent: number;
  /** What counts as recovered: within `recoveredWithin` of `reference`, on its bad side. */
  readonly reference: number;
  readonly recoveredWithin: number;
  readonly unit: SliUnit;
}

/** What a value is compared with; a text says why it can't be. */
export type References = { readonly baseline: Baseline; readonly slo: number | undefined };

/**
 * Compares a value by one of the closed set of comparators (reference §D). Limits are exclusive: exactly 5 points
 * is not more than 5.
 *
 * @returns a text when there is nothing to compare with.
 */
export function compare(
  comparator: Comparator,
  value: number,
  references: References,
  definition: SliDefinition,
): Comparison | string {
  if (comparator.drop !== undefined || comparator.rise !== undefined)
    return comparePoints(comparator, value, references.baseline, definition);
  if (comparator.ratio !== undefined)
    return compareRatio(comparator.ratio, value, references.baseline, definition);
  return compareLimit(comparator, value, references.slo, definition);
}

function comparePoints(
  comparator: Comparator,
  value: number,
  baseline: Baseline,
  definition: SliDefinition,
): Comparison | string {
  if (baseline.value === undefined) return baseline.origin;
  const falls = comparator.drop !== undefined;
  const threshold = comparator.drop ?? comparator.rise ?? 0;
  const distance = withoutDust(falls ? baseline.value - value : value - baseline.value);
  return {
    breached: distance > threshold,
    unrecovered: distance > threshold / 2,
    extent: distance,
    reference: baseline.value,
    recoveredWithin: threshold / 2,
    unit: definition.unit,
  };
}

function compareRatio(
  limit: number,
  value: number,
  baseline: Baseline,
  definition: SliDefinition,
): Comparison | string {
  if (baseline.value === undefined) return baseline.origin;
  if (baseline.value <= 0) return 'its baseline is zero, so there is nothing to be a multiple of';
  const ratio = withoutDust(value / baseline.value);
  const halfway = 1 + (limit - 1) / 2;
  return {
    breached: ratio > limit,
    unrecovered: ratio > halfway,
    extent: ratio,
    reference: baseline.value,
    recoveredWithin: baseline.value * (halfway - 1),
    unit: definition.unit,
  };
}

function compareLimit(
  comparator: Comparator,
  value: number,
  slo: number | undefined,
  definition: SliDefinition,
): Comparison | string {
  const below = comparator.below !== undefined;
  const given = comparator.below ?? comparator.above;
  const limit = given === 'slo' ? slo : given;
  if (limit === undefined) return 'the service file has no SLO for it';
  const breached = below ? value < limit : value > limit;
  return {
    breached,
    unrecovered: breached,
    extent: value,
    reference: limit,
    recoveredWithin: 0,
    unit: definition.unit,
  };
}

/** What is found, `is 9.0 points below its baseline of 95.0 %`, and the limit: apart, since most comparisons are never said. */
export function comparisonInWords(
  { drop, rise, ratio, above, below }: Comparator,
  { breached, extent, reference, unit }: Comparison,
): { readonly found: string; readonly limit: string } {
  const compared = formatSliValue(reference, unit);
  const threshold = drop ?? rise;
  if (threshold !== undefined) {
    const side = extent >= 0 === (drop !== undefined) ? 'below' : 'above';
    return {
      found: `is ${Math.abs(extent * 100).toFixed(1)} points ${side} its baseline of ${compared}`,
      limit: `${+(threshold * 100).toFixed(2)} points`,
    };
  }
  if (ratio !== undefined)
    return { found: `is ${extent.toFixed(2)} times its baseline of ${compared}`, limit: `${ratio} times` };
  const side = breached ? (below === undefined ? 'above' : 'below') : 'within';
  const isSlo = (below ?? above) === 'slo';
  return { found: `is ${side} ${isSlo ? 'its SLO of ' : ''}${compared}`, limit: compared };
}
