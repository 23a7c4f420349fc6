import { type Baseline, type BaselineSums, baselineOf } from './baseline.ts';
import { type Comparison, type ComparisonWords, compare, inWords } from './comparison.ts';
import { confirm, type Firing } from './confirm.ts';
import type { Check, SliEvidence } from './evidence.ts';
import { type OnsetShape, onsetShape } from './onset-shape.ts';
import { isOver } from './recovery.ts';
import type { Comparator } from './schema.ts';
import { isTestable, normalOf, type SliRule, sampled, talliesOf, totalSamples } from './sli-rule.ts';
import { extendRun, type Run, seenOnly, startOf } from './sustained.ts';

/** Where a series of checks stands now. */
export interface Standing {
  readonly newest: Check;
  readonly comparison: Comparison;
  readonly words: ComparisonWords;
  readonly baseline: Baseline;
  /** Undefined: it does not fire. */
  readonly firing: (Firing & { readonly shape?: OnsetShape }) | undefined;
  readonly run: Run | undefined;
  /** It is well since, but not for as long as `hold` asks: then the last moment when it was not. */
  readonly heldSince?: Date;
  /** It is well since so many checks, too few to show that it is over. */
  readonly wellFor?: number;
  /** A crossing that one check of this size can't prove, or one of which the beginning can't be looked at. */
  readonly isUnconfirmed: boolean;
  /** So much of the time that it must last or be well could be looked at only, in milliseconds. */
  readonly seenOnly?: number;
  /** Samples of the checks that were looked at; undefined when some check does not say. */
  readonly samples: number | undefined;
}

/**
 * Plays the checks one after another and says where they end: a pure function of the history, so that its order, its
 * repeats and restarts do not matter. A crossing fires when it has lasted (`for`), when it is no chance (a sequential
 * test, unless `confirm: exact` or there is no sample size), and clears when half the limit is regained and that is no
 * chance either ({@link isOver}).
 *
 * @param firedBefore it was firing already when the oldest check was made.
 * @returns a text when the newest check can't be compared; undefined when there is no check.
 */
export function standingOf(
  rule: SliRule,
  known: SliEvidence,
  firedBefore: boolean,
): Standing | string | undefined {
  const { comparator, slo } = rule;
  const { checks, before } = known;
  const baselineAt = baselinesAt(rule, checks, before);
  const [oldest] = checks;
  let firing: Firing | undefined =
    firedBefore && oldest !== undefined
      ? { onset: new Date(startOf(oldest)), baseline: baselineAt(0) }
      : undefined;
  let restart = 0;
  let run: Run | undefined;
  /** The last check that was not well. */
  let unwell = -1;
  let baseline = baselineAt(0);
  let comparison: Comparison | string | undefined;
  for (const [index, check] of checks.entries()) {
    baseline = firing?.baseline ?? baselineAt(index);
    comparison = compare(comparator, check.value, { baseline, slo });
    if (typeof comparison === 'string') continue;
    run =
      comparison.breached && comparator.for !== undefined
        ? extendRun(run, checks[index - 1], check, index, comparator.for)
        : undefined;
    if (comparison.unrecovered) unwell = index;
    if (
      firing !== undefined &&
      !comparison.unrecovered &&
      isOver(rule, firing.baseline, checks.slice(unwell + 1, index + 1), checks[unwell])
    ) {
      firing = undefined;
      restart = index + 1;
    } else if (firing === undefined && comparison.breached) {
      firing = confirm(rule, checks, { index, restart, run, baselineAt });
    }
  }
  const newest = checks.at(-1);
  if (newest === undefined || comparison === undefined) return undefined;
  if (typeof comparison === 'string') return comparison;
  const seen = seenOnly(known, Math.max(comparator.for ?? 0, comparator.hold ?? 0));
  const mayHaveLasted =
    comparator.for === undefined || (seen !== undefined && run?.from === 0 && run.lasted < comparator.for);
  return {
    newest,
    comparison,
    words: inWords(comparator, comparison, rule.definition),
    baseline: firing?.baseline ?? baseline,
    firing: firing === undefined ? undefined : { ...firing, ...shapeOf(rule, checks, restart, firing) },
    run,
    isUnconfirmed: firing === undefined && comparison.breached && mayHaveLasted,
    ...(seen === undefined ? {} : { seenOnly: seen }),
    samples: totalSamples(checks),
    ...(firing !== undefined && !comparison.unrecovered
      ? wellSince(comparator, checks[unwell], checks.length - 1 - unwell)
      : {}),
  };
}

/** Why what is well still fires. */
function wellSince(
  { hold }: Comparator,
  unwell: Check | undefined,
  wellFor: number,
): Pick<Standing, 'heldSince' | 'wellFor'> {
  if (hold === undefined) return { wellFor };
  return unwell === undefined ? {} : { heldSince: unwell.at };
}

/**
 * What is normal before each check: what was measured before all of them, and the checks outside incidents that precede
 * it. What must last is held against what was normal before it was watched.
 */
function baselinesAt(
  { sli, settings, comparator }: SliRule,
  checks: readonly Check[],
  before: BaselineSums,
): (index: number) => Baseline {
  const baseline = baselineOf(sli, settings.baseline);
  const beforeAll = baseline(before);
  if (comparator.for !== undefined) return () => beforeAll;
  let { measurements, weighted, weight } = before;
  const baselines = checks.map(({ value, samples = 1, inIncident }) => {
    const normal = baseline({ measurements, weighted, weight });
    if (!inIncident) {
      measurements += 1;
      weighted += value * samples;
      weight += samples;
    }
    return normal;
  });
  return (index) => baselines[index] ?? beforeAll;
}

/** Gradual or sudden, as all the checks tell it that came by now; nothing where its onset was no test's. */
function shapeOf(
  rule: SliRule,
  checks: readonly Check[],
  restart: number,
  { onset, onsetBetween, baseline }: Firing,
): { readonly shape?: OnsetShape } {
  if (onsetBetween === undefined || !isTestable(rule)) return {};
  const recent = sampled(checks, restart, checks.length - 1);
  const from = recent.findIndex((check) => startOf(check) >= onset.getTime());
  if (from === -1) return {};
  return { shape: onsetShape(talliesOf(rule, recent), from, normalOf(rule, baseline).rate) };
}
