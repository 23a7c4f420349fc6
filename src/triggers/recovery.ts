import type { Baseline } from './baseline.ts';
import type { Check } from './evidence.ts';
import { evidenceAgainst } from './sequential.ts';
import { isTestable, marginOf, normalOf, type SliRule, talliesOf } from './sli-rule.ts';

/** Checks in a row that are well clear what fires, however small their samples are. */
export const CHECKS_TO_CLEAR = 3;

/**
 * From this evidence on fewer checks do: odds of 20 to 1 against answers that are still as bad as the limit. At 50
 * samples a check a drop of 10 points then clears by chance in 1 to 6 % of 30 checks, where one good check would clear
 * it in 77 to 95 %; what is really over clears 4 checks later on average (`npm run bench triggers`).
 */
const CLEARING_EVIDENCE = 3;

/**
 * Whether what fires is over with its newest check, which is well. One good check may be chance, as one bad one: a rate
 * that can be tested needs {@link CHECKS_TO_CLEAR} in a row, or samples that suffice. What must last or `hold`, is exact
 * or has no sample size counts as it stands.
 *
 * @param baseline what was normal when it began.
 * @param well the checks in a row that are well, oldest first.
 * @param unwell the last one that was not.
 */
export function isOver(
  rule: SliRule,
  baseline: Baseline,
  well: readonly Check[],
  unwell: Check | undefined,
): boolean {
  const { comparator } = rule;
  const newest = well.at(-1);
  if (newest === undefined) return false;
  if (comparator.hold !== undefined)
    return unwell === undefined || newest.at.getTime() - unwell.at.getTime() >= comparator.hold;
  if (comparator.for !== undefined || !isTestable(rule) || newest.samples === undefined) return true;
  if (well.length >= CHECKS_TO_CLEAR) return true;
  const tallies = talliesOf(rule, well);
  const bad = tallies.reduce((sum, each) => sum + each.bad, 0);
  const samples = tallies.reduce((sum, each) => sum + each.samples, 0);
  const limit = normalOf(rule, baseline).rate + marginOf(rule);
  return evidenceAgainst({ bad, samples }, limit) >= CLEARING_EVIDENCE;
}
