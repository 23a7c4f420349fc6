import type { SpikeRule } from './schema.ts';

/** How many came in the newest window, and how many in the history before it that they are held against. */
export interface Counts {
  readonly recent: number;
  readonly before: number;
  /** The newest window as a share of window and history together, in time. */
  readonly share: number;
}

/** What counts say for a rule. */
export interface Spike {
  readonly fires: boolean;
  /** What such a window saw on average in the history. */
  readonly usual: number;
  /** How likely so many or more are where nothing changed. */
  readonly chance: number;
}

/**
 * Counts against their own history by the conditional Poisson test: where the rate did not change, the recent ones are a
 * binomial share of all. It fires from `at_least` on, when so many are less likely than `p`; what fired stays so while
 * half of what is above the usual is still there.
 */
export function spikeOf(rule: SpikeRule, counts: Counts, wasFiring: boolean): Spike {
  const { recent, before, share } = counts;
  const usual = (before * share) / (1 - share);
  const chance = binomialTail(recent + before, recent, share);
  const enough = recent >= rule.at_least;
  const lingers = wasFiring && enough && recent > (usual + fewestUnusual(rule, counts)) / 2;
  return { fires: (enough && chance < rule.p) || lingers, usual, chance };
}

/** The smallest count that this history would call a spike. */
function fewestUnusual({ at_least, p }: SpikeRule, { before, share }: Counts): number {
  let count = at_least;
  while (binomialTail(count + before, count, share) >= p) count++;
  return count;
}

/** The exact chance of `successes` or more in `trials` of chance `each`. */
export function binomialTail(trials: number, successes: number, each: number): number {
  if (successes <= 0) return 1;
  // The side away from the mean is summed: its terms only shrink, so none that matters is lost.
  return successes > trials * each
    ? sumOfTerms(trials, successes, each)
    : 1 - sumOfTerms(trials, trials - successes + 1, 1 - each);
}

/** From `successes`, above the mean, up to `trials`. */
function sumOfTerms(trials: number, successes: number, each: number): number {
  let log = successes * Math.log(each) + (trials - successes) * Math.log1p(-each);
  for (let i = 1; i <= trials - successes; i++) log += Math.log((successes + i) / i);
  let term = Math.exp(log);
  let sum = 0;
  for (let k = successes; k <= trials && term > sum * Number.EPSILON; k++) {
    sum += term;
    term *= (((trials - k) / (k + 1)) * each) / (1 - each);
  }
  return Math.min(1, sum);
}
