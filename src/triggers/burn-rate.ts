import type { Slo } from '../services/schema.ts';
import type { RateSums, Sums } from './evidence.ts';
import type { BurnRule, BurnWindows } from './schema.ts';
import { withoutDust } from './sequential.ts';

/** How fast an error budget goes, over a long and a short window. 1 uses it up exactly in the SLO's period. */
export interface Burn {
  readonly fires: boolean;
  readonly long: number;
  /** Undefined: nothing was measured in the short window. */
  readonly short: number | undefined;
  /** Over the long window. */
  readonly bad: number;
  readonly samples: number;
}

const NOTHING: Sums = { weighted: 0, weight: 0 };

/** The share that an SLO on a rate allows to be bad. */
export function budgetOf(slo: Pick<Slo, 'at_least' | 'at_most'>): number {
  return withoutDust(slo.at_least === undefined ? (slo.at_most ?? 0) : 1 - slo.at_least);
}

/**
 * Burn rate over two windows (reference §D8, SRE workbook): it fires at `factor` times the allowed rate over both, the
 * long one for certainty, the short one so that it is still so. It clears when the short window is below half of that;
 * the long ones remember an outage for hours and days.
 *
 * What was bad before the end of a resolved incident is answered: its answers still count, but none of them as bad, as
 * for a service that was well until then. So what is left in the windows asks nobody again, and what burns anew is found
 * as soon as ever.
 *
 * Few bad answers are no burn, whatever their share: with 10 (`min_bad`) one failed request a day, of which three days
 * hold four at most, never fires, however little traffic there is. A service of 2,000 requests a day that is well at half
 * of what 99.9 % allows raises a ticket by chance 20 times in 10,000 days; with 5 it would 950 times.
 */
export function burnOf(
  rule: BurnRule,
  pair: BurnWindows,
  slo: Pick<Slo, 'at_least' | 'at_most'>,
  { windows, answered }: Pick<RateSums, 'windows' | 'answered'>,
  wasFiring: boolean,
): Burn {
  const budget = budgetOf(slo);
  const badOf = ({ weighted, weight }: Sums): number =>
    withoutDust(slo.at_least === undefined ? weighted : weight - weighted);
  const badIn = (window: number): number =>
    withoutDust(badOf(windows.get(window) ?? NOTHING) - badOf(answered?.windows.get(window) ?? NOTHING));
  const weightIn = (window: number): number => windows.get(window)?.weight ?? 0;
  const rateIn = (window: number): number => withoutDust(badIn(window) / weightIn(window) / budget);
  const long = weightIn(pair.over) === 0 ? 0 : rateIn(pair.over);
  const short = weightIn(pair.and) === 0 ? undefined : rateIn(pair.and);
  const bad = badIn(pair.over);
  const burns = short !== undefined && long >= pair.factor && short >= pair.factor && bad >= rule.min_bad;
  const lasts = wasFiring && short !== undefined && short >= pair.factor / 2;
  return { fires: burns || lasts, long, short, bad, samples: weightIn(pair.over) };
}
