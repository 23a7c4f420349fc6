import type { Slo } from '../services/schema.ts';
import type { Sums } from './evidence.ts';
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

/** The share that an SLO on a rate allows to be bad. */
export function budgetOf(slo: Pick<Slo, 'at_least' | 'at_most'>): number {
  return withoutDust(slo.at_least === undefined ? (slo.at_most ?? 0) : 1 - slo.at_least);
}

/**
 * Burn rate over two windows (reference §D8, SRE workbook): it fires at `factor` times the allowed rate over both, the
 * long one for certainty, the short one so that it is still so. It clears when the short window is below half of that;
 * the long ones remember an outage for hours and days.
 *
 * Few bad answers are no burn, whatever their share: with 10 (`min_bad`) one failed request a day, of which three days
 * hold four at most, never fires, however little traffic there is. A service of 2,000 requests a day that is well at half
 * of what 99.9 % allows raises a ticket by chance 20 times in 10,000 days; with 5 it would 950 times.
 */
export function burnOf(
  rule: BurnRule,
  pair: BurnWindows,
  slo: Pick<Slo, 'at_least' | 'at_most'>,
  windows: ReadonlyMap<number, Sums>,
  wasFiring: boolean,
): Burn {
  const budget = budgetOf(slo);
  const badOf = ({ weighted, weight }: Sums): number =>
    withoutDust(slo.at_least === undefined ? weighted : weight - weighted);
  const over = windows.get(pair.over) ?? { weighted: 0, weight: 0 };
  const and = windows.get(pair.and) ?? { weighted: 0, weight: 0 };
  const rateOf = (sums: Sums): number => withoutDust(badOf(sums) / sums.weight / budget);
  const long = over.weight === 0 ? 0 : rateOf(over);
  const short = and.weight === 0 ? undefined : rateOf(and);
  const bad = badOf(over);
  const burns = short !== undefined && long >= pair.factor && short >= pair.factor && bad >= rule.min_bad;
  const lasts = wasFiring && short !== undefined && short >= pair.factor / 2;
  return { fires: burns || lasts, long, short, bad, samples: over.weight };
}
