import { formatSliValue, type SliDefinition } from '../services/slis.ts';
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
  /** `is 9.0 points below its baseline of 95.0 %`, and the limit in words. */
  readonly words: string;
  readonly limit: string;
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
  const side = distance >= 0 === falls ? 'below' : 'above';
  return {
    breached: distance > threshold,
    unrecovered: distance > threshold / 2,
    extent: distance,
    reference: baseline.value,
    recoveredWithin: threshold / 2,
    words: `is ${Math.abs(distance * 100).toFixed(1)} points ${side} its baseline of ${formatSliValue(baseline.value, definition.unit)}`,
    limit: `${+(threshold * 100).toFixed(2)} points`,
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
    words: `is ${ratio.toFixed(2)} times its baseline of ${formatSliValue(baseline.value, definition.unit)}`,
    limit: `${limit} times`,
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
  const shown = formatSliValue(limit, definition.unit);
  return {
    breached,
    unrecovered: breached,
    extent: value,
    reference: limit,
    recoveredWithin: 0,
    words: `is ${breached ? (below ? 'below' : 'above') : 'within'} ${given === 'slo' ? 'its SLO of ' : ''}${shown}`,
    limit: shown,
  };
}
