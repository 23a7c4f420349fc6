import type { DistributionSummary } from '../signals/signal.ts';

/** How often each bucket was seen. */
export type Buckets = Readonly<Record<string, number>>;

/** How far counts are from what is usual. */
export interface Shift {
  /** Population stability index: 0 is the same, above 0.25 is called a major shift. */
  readonly psi: number;
  /** How likely so much or more is where nothing changed, for samples of these sizes. */
  readonly chance: number;
  /** The shares that moved, those that count most first. */
  readonly moved: readonly { readonly bucket: string; readonly from: number; readonly to: number }[];
}

/** What is added to each count, so that a bucket seen for the first time is not infinitely far away. */
const SMOOTHING = 0.5;

/** Whoever sends names the buckets: `constructor` is none that every object has. */
function countIn(counts: Buckets, bucket: string): number {
  return Object.hasOwn(counts, bucket) ? (counts[bucket] ?? 0) : 0;
}

/**
 * The population stability index of counts against what is usual. Where nothing changed it is not 0 but about
 * (buckets − 1)(1/n + 1/m); divided by (1/n + 1/m) it follows χ² with buckets − 1 degrees of freedom.
 */
export function shiftOf(newest: Buckets, usual: Buckets): Shift {
  const buckets = [...new Set([...Object.keys(newest), ...Object.keys(usual)])].sort();
  const n = total(newest);
  const m = total(usual);
  const smoothed = (counts: Buckets, bucket: string, all: number): number =>
    (countIn(counts, bucket) + SMOOTHING) / (all + SMOOTHING * buckets.length);
  const parts = buckets.map((bucket) => {
    const to = smoothed(newest, bucket, n);
    const from = smoothed(usual, bucket, m);
    return {
      bucket,
      from: countIn(usual, bucket) / m,
      to: countIn(newest, bucket) / n,
      part: (to - from) * Math.log(to / from),
    };
  });
  const psi = parts.reduce((sum, { part }) => sum + part, 0);
  return {
    psi,
    chance: chiSquareTail(psi / (1 / n + 1 / m), buckets.length - 1),
    moved: parts.sort((a, b) => b.part - a.part).map(({ part: _part, ...rest }) => rest),
  };
}

/** How far a mean is from what is usual. */
export interface MeanShift {
  /** In standard deviations of what is usual. */
  readonly effect: number;
  readonly chance: number;
}

/** Welch's two-sample test of the means; large samples, so the normal distribution serves. */
export function meanShiftOf(newest: DistributionSummary, usual: DistributionSummary): MeanShift {
  const difference = newest.mean - usual.mean;
  const error = Math.sqrt(newest.sd ** 2 / newest.count + usual.sd ** 2 / usual.count);
  if (difference === 0) return { effect: 0, chance: 1 };
  return {
    effect: difference / usual.sd,
    chance: error === 0 ? 0 : 2 * normalTail(Math.abs(difference) / error),
  };
}

/** Several summaries as the one of all their observations. */
export function pooled(summaries: readonly DistributionSummary[]): DistributionSummary {
  const count = summaries.reduce((sum, each) => sum + each.count, 0);
  const mean = summaries.reduce((sum, each) => sum + each.mean * each.count, 0) / count;
  const spread = summaries.reduce(
    (sum, each) => sum + each.count * (each.sd ** 2 + (each.mean - mean) ** 2),
    0,
  );
  return { mean, sd: Math.sqrt(spread / count), count };
}

/** Several counts added up. */
export function added(all: readonly Buckets[]): Buckets {
  const sums = new Map<string, number>();
  for (const [bucket, count] of all.flatMap((each) => Object.entries(each)))
    sums.set(bucket, (sums.get(bucket) ?? 0) + count);
  return Object.fromEntries(sums);
}

/** All of them together. */
export function total(buckets: Buckets): number {
  return Object.values(buckets).reduce((sum, count) => sum + count, 0);
}

/** The chance of this much or more under χ², by the approximation of Wilson and Hilferty. */
export function chiSquareTail(value: number, freedom: number): number {
  if (freedom < 1) return 1;
  const variance = 2 / (9 * freedom);
  return normalTail((Math.cbrt(value / freedom) - (1 - variance)) / Math.sqrt(variance));
}

/** The chance of this much or more under the standard normal distribution (Chebyshev fit of erfc, off by 1e-7 of itself). */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const fit = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ].reduceRight((sum, coefficient) => coefficient + t * sum, 0);
  const erfc = t * Math.exp(-x * x + fit);
  return z >= 0 ? erfc / 2 : 1 - erfc / 2;
}
