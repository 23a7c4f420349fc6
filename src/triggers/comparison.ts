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
}

/** A comparison as people read it. */
export interface ComparisonWords {
  /** `is 9.0 points below its baseline of 95.0 %` */
  readonly is: string;
  /** `5 points` */
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
  { baseline, slo }: References,
): Comparison | string {
  if (comparator.drop !== undefined || comparator.rise !== undefined)
    return comparePoints(comparator, value, baseline);
  if (comparator.ratio !== undefined) return compareRatio(comparator.ratio, value, baseline);
  return compareLimit(comparator, value, slo);
}

function comparePoints(comparator: Comparator, value: number, baseline: Baseline): Comparison | string {
  if (baseline.value === undefined) return baseline.origin;
  const threshold = comparator.drop ?? comparator.rise ?? 0;
  const distance = withoutDust(
    comparator.drop !== undefined ? baseline.value - value : value - baseline.value,
  );
  return {
    breached: distance > threshold,
    unrecovered: distance > threshold / 2,
    extent: distance,
    reference: baseline.value,
    recoveredWithin: threshold / 2,
  };
}

function compareRatio(limit: number, value: number, baseline: Baseline): Comparison | string {
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
  };
}

function compareLimit(comparator: Comparator, value: number, slo: number | undefined): Comparison | string {
  const given = comparator.below ?? comparator.above;
  const limit = given === 'slo' ? slo : given;
  if (limit === undefined) return 'the service file has no SLO for it';
  const breached = comparator.below !== undefined ? value < limit : value > limit;
  return { breached, unrecovered: breached, extent: value, reference: limit, recoveredWithin: 0 };
}

/** Says what `compare` found. Apart from it, since a history is compared at every check and read at the newest. */
export function inWords(
  comparator: Comparator,
  { breached, extent, reference }: Comparison,
  { unit }: SliDefinition,
): ComparisonWords {
  const shown = formatSliValue(reference, unit);
  if (comparator.ratio !== undefined)
    return {
      is: `is ${extent.toFixed(2)} times its baseline of ${shown}`,
      limit: `${comparator.ratio} times`,
    };
  const points = comparator.drop ?? comparator.rise;
  if (points !== undefined) {
    const side = extent >= 0 === (comparator.drop !== undefined) ? 'below' : 'above';
    return {
      is: `is ${Math.abs(extent * 100).toFixed(1)} points ${side} its baseline of ${shown}`,
      limit: `${+(points * 100).toFixed(2)} points`,
    };
  }
  const beyond = comparator.below !== undefined ? 'below' : 'above';
  const slo = (comparator.below ?? comparator.above) === 'slo' ? 'its SLO of ' : '';
  return { is: `is ${breached ? beyond : 'within'} ${slo}${shown}`, limit: shown };
}
