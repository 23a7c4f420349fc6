import type { Baseline } from './baseline.ts';
import type { Check } from './evidence.ts';
import { CONFIRMING_EVIDENCE, type Shift, strongestShift } from './sequential.ts';
import {
  isTestable,
  marginOf,
  normalOf,
  type SliRule,
  sampled,
  talliesOf,
  totalSamples,
} from './sli-rule.ts';
import { type Run, startOf } from './sustained.ts';

/** What made it fire. */
export interface Firing {
  /** The start of the first bad check, and where the onset may lie as well: up to the end of the last that may be the first. */
  readonly onset: Date;
  readonly onsetBetween?: readonly [Date, Date];
  /** Checks that confirmed it, when it needed more than one look. */
  readonly shift?: Shift;
  /** What was normal when it began: a baseline must not learn from what is wrong. */
  readonly baseline: Baseline;
}

/** A check beyond its limit while nothing fires. */
interface Crossing {
  readonly index: number;
  /** The first check after it last recovered. */
  readonly restart: number;
  readonly run: Run | undefined;
  /** What was normal before a check. */
  readonly baselineAt: (index: number) => Baseline;
}

/** What makes a crossing fire; undefined while it may still be chance, or has not lasted. */
export function confirm(rule: SliRule, checks: readonly Check[], crossing: Crossing): Firing | undefined {
  const { index, run, baselineAt } = crossing;
  const check = checks[index];
  if (check === undefined) return undefined;
  if (rule.comparator.for !== undefined) {
    if (run === undefined || run.lasted < rule.comparator.for) return undefined;
    const samples = totalSamples(checks.slice(run.from, index + 1));
    if (samples !== undefined && samples < rule.minSamples) return undefined;
    return { onset: run.since, baseline: baselineAt(run.from) };
  }
  if (check.samples !== undefined && isTestable(rule)) return byTest(rule, checks, check, crossing);
  if (check.samples !== undefined && check.samples < rule.minSamples) return undefined;
  const start = new Date(startOf(check));
  return { onset: start, onsetBetween: [start, check.at], baseline: baselineAt(index) };
}

/** What the checks up to this one, added up, say; undefined while they may be chance. */
function byTest(
  rule: SliRule,
  checks: readonly Check[],
  check: Check,
  { index, restart, baselineAt }: Crossing,
): Firing | undefined {
  const recent = sampled(checks, restart, index);
  const oldest = index + 1 - recent.length;
  const shift = strongestShift(
    talliesOf(rule, recent),
    (at) => normalOf(rule, baselineAt(oldest + at)),
    marginOf(rule),
  );
  if (shift === undefined || shift.evidence < CONFIRMING_EVIDENCE || shift.tally.samples < rule.minSamples)
    return undefined;
  const moment = (at: number): Date => new Date(startOf(recent[at] ?? check));
  return {
    onset: moment(shift.from),
    onsetBetween: [moment(shift.between[0]), (recent[shift.between[1]] ?? check).at],
    baseline: baselineAt(oldest + shift.from),
    ...(shift.from === recent.length - 1 ? {} : { shift }),
  };
}
