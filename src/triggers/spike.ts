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
export function fewestUnusual({ at_least, p }: SpikeRule, { before, share }: Counts): number {
  const isUsual = (count: number): boolean => binomialTail(count + before, count, share) >= p;
  if (!isUsual(at_least)) return at_least;
  let usual = at_least;
  let unusual = 2 * at_least;
  while (isUsual(unusual)) [usual, unusual] = [unusual, 2 * unusual];
  while (unusual - usual > 1) {
    const middle = Math.floor((usual + unusual) / 2);
    if (isUsual(middle)) usual = middle;
    else unusual = middle;
  }
  return unusual;
}

/** A chance as people say it: `1 time in 1000`. */
export function chanceInWords(chance: number): string {
  if (chance > 0.1) return 'often';
  const times = Math.round(1 / chance);
  return times > 1_000_000 ? 'less than 1 time in 1000000' : `1 time in ${times}`;
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
  const log =
    successes * Math.log(each) +
    (trials - successes) * Math.log1p(-each) +
    logFactorial(trials) -
    logFactorial(successes) -
    logFactorial(trials - successes);
  let term = Math.exp(log);
  let sum = 0;
  for (let k = successes; k <= trials && term > sum * Number.EPSILON; k++) {
    sum += term;
    term *= (((trials - k) / (k + 1)) * each) / (1 - each);
  }
  return Math.min(1, sum);
}

/** Stirling's series above 20, where its error is below 1e-14. */
function logFactorial(n: number): number {
  if (n > 20)
    return (
      n * Math.log(n) -
      n +
      Math.log(2 * Math.PI * n) / 2 +
      1 / (12 * n) -
      1 / (360 * n ** 3) +
      1 / (1260 * n ** 5)
    );
  let log = 0;
  for (let i = 2; i <= n; i++) log += Math.log(i);
  return log;
}
