/** Answers, and how many of them were bad. */
export interface Tally {
  readonly bad: number;
  readonly samples: number;
}

/** What is normal: a share of bad answers, known from so many; `Infinity` when it is given and not measured. */
export interface Normal {
  readonly rate: number;
  readonly samples: number;
}

/** The likeliest moment since when answers are worse than normal, and how strongly the checks speak for it. */
export interface Shift {
  /** Log-likelihood ratio of "worse since then" against "nothing changed". */
  readonly evidence: number;
  /** The first check that is worse, by index. */
  readonly from: number;
  /** Where that may be as well: the 95 % likelihood interval, as indices. */
  readonly between: readonly [number, number];
  readonly tally: Tally;
}

/**
 * From this evidence on a shift is confirmed: odds of about 1100 to 1. On healthy streams of 20 to 200 samples a check
 * it is reached in less than 1.5 % of runs of 30 checks (`npm run bench triggers`).
 */
export const CONFIRMING_EVIDENCE = 7;

/** Half the 95 % quantile of χ² with one degree of freedom: how far below the maximum a likelihood interval reaches. */
const INTERVAL_DEPTH = 1.92;

/**
 * Looks for the moment since when the checks are worse than normal by more than `margin` (the generalised likelihood
 * ratio of a change-point, of which SPRT and CUSUM are the special cases with a known size of the change). What is
 * normal may itself be a sample. `normalBefore(i)` is what is normal without the checks from `i` on.
 *
 * @param checks oldest first.
 */
export function strongestShift(
  checks: readonly Tally[],
  normalBefore: (index: number) => Normal,
  margin: number,
): Shift | undefined {
  const strength = new Array<number>(checks.length).fill(0);
  let bad = 0;
  let samples = 0;
  let best = -1;
  let tally: Tally | undefined;
  for (let from = checks.length - 1; from >= 0; from--) {
    bad += checks[from]?.bad ?? 0;
    samples += checks[from]?.samples ?? 0;
    const normal = normalBefore(from);
    if (samples === 0 || withoutDust(bad / samples - normal.rate) <= margin) continue;
    const evidence = evidenceOfDifference({ bad, samples }, normal);
    strength[from] = evidence;
    if (tally === undefined || evidence > (strength[best] ?? 0)) {
      best = from;
      tally = { bad, samples };
    }
  }
  if (tally === undefined) return undefined;
  const evidence = strength[best] ?? 0;
  const floor = evidence - INTERVAL_DEPTH;
  const likely = (index: number): boolean => (strength[index] ?? 0) > 0 && (strength[index] ?? 0) >= floor;
  let first = best;
  let last = best;
  while (likely(first - 1)) first--;
  while (likely(last + 1)) last++;
  return { evidence, from: best, between: [first, last], tally };
}

/** Log-likelihood ratio of two rates against one common rate. */
function evidenceOfDifference(found: Tally, normal: Normal): number {
  if (!Number.isFinite(normal.samples)) return evidenceAgainst(found, normal.rate);
  const common = (found.bad + normal.rate * normal.samples) / (found.samples + normal.samples);
  return evidenceAgainst(found, common) + normal.samples * divergence(normal.rate, common);
}

/** Log-likelihood ratio of the rate that was found against a given one; NaN of no samples. */
export function evidenceAgainst({ bad, samples }: Tally, rate: number): number {
  return samples * divergence(bad / samples, rate);
}

/** Kullback–Leibler divergence of two rates, in nats. */
function divergence(rate: number, from: number): number {
  return nats(rate, from) + nats(1 - rate, 1 - from);
}

function nats(share: number, of: number): number {
  return share <= 0 ? 0 : share * Math.log(share / of);
}

/** Without binary dust: 0.95 − 0.90 must not count as more than 5 points. */
export function withoutDust(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
