import type { SliDefinition } from '../services/slis.ts';
import { type Baseline, type BaselineSums, baselineOf } from './baseline.ts';
import { type Comparison, compare } from './comparison.ts';
import type { Check, SliEvidence } from './evidence.ts';
import { type OnsetShape, onsetShape } from './onset-shape.ts';
import type { Comparator, TriggerSettings } from './schema.ts';
import { CONFIRMING_EVIDENCE, type Normal, type Shift, strongestShift, type Tally } from './sequential.ts';
import { extendRun, type Run, startOf } from './sustained.ts';

/** One SLI under one comparator. */
export interface SliRule {
  readonly sli: string;
  readonly definition: SliDefinition;
  readonly comparator: Comparator;
  readonly slo: number | undefined;
  readonly minSamples: number;
  readonly settings: Pick<TriggerSettings, 'baseline' | 'confirm'>;
}

/** What made it fire. */
export interface Firing {
  /** The start of the first bad check, and where the onset may lie as well: up to the end of the last that may be the first. */
  readonly onset: Date;
  readonly onsetBetween?: readonly [Date, Date];
  /** Named where a sequential test may look at the checks since. */
  readonly shape?: OnsetShape;
  /** Checks that confirmed it, when it needed more than one look. */
  readonly shift?: Shift;
  /** What was normal when it began: a baseline must not learn from what is wrong. */
  readonly baseline: Baseline;
}

/** Where a series of checks stands now. */
export interface Standing {
  readonly newest: Check;
  readonly comparison: Comparison;
  readonly baseline: Baseline;
  /** Undefined: it does not fire. */
  readonly firing: Firing | undefined;
  readonly run: Run | undefined;
  /** It is well since, but not for as long as `hold` asks: then the last moment when it was not. */
  readonly heldSince?: Date;
  /** A crossing that one check of this size can't prove. */
  readonly isUnconfirmed: boolean;
  /** Samples of the checks that were looked at; undefined when some check does not say. */
  readonly samples: number | undefined;
}

/**
 * Plays the checks one after another and says where they end: a pure function of the history, so that its order, its
 * repeats and restarts do not matter. A crossing fires when it has lasted (`for`), when it is no chance (a sequential
 * test, unless `confirm: exact` or there is no sample size), and clears when half the limit is regained.
 *
 * @param firedBefore it was firing already when the oldest check was made.
 * @returns a text when the newest check can't be compared; undefined when there is no check.
 */
export function standingOf(
  rule: SliRule,
  { checks, before }: SliEvidence,
  firedBefore: boolean,
): Standing | string | undefined {
  const sumsBefore = runningSums(checks, before);
  const baselineAt = (index: number): Baseline =>
    baselineOf(
      rule.sli,
      rule.settings.baseline,
      rule.comparator.for === undefined ? sumsBefore(index) : before,
    );
  const first = checks[0];
  let firing: Firing | undefined =
    firedBefore && first !== undefined
      ? { onset: new Date(startOf(first)), baseline: baselineAt(0) }
      : undefined;
  let restart = 0;
  let run: Run | undefined;
  let unwell: Date | undefined;
  let standing: Standing | string | undefined;
  for (const [index, check] of checks.entries()) {
    const baseline = firing?.baseline ?? baselineAt(index);
    const comparison = compare(rule.comparator, check.value, { baseline, slo: rule.slo }, rule.definition);
    if (typeof comparison === 'string') {
      standing = comparison;
      continue;
    }
    run =
      comparison.breached && rule.comparator.for !== undefined
        ? extendRun(run, checks[index - 1], check, index, rule.comparator.for)
        : undefined;
    if (comparison.unrecovered) unwell = check.at;
    const isHeld =
      unwell !== undefined && check.at.getTime() - unwell.getTime() < (rule.comparator.hold ?? 0);
    if (firing !== undefined && !comparison.unrecovered && !isHeld) {
      firing = undefined;
      restart = index + 1;
    } else if (firing === undefined && comparison.breached) {
      firing = confirm(rule, checks, { index, restart, run, baselineAt });
    }
    standing = {
      newest: check,
      comparison,
      baseline: firing?.baseline ?? baseline,
      firing,
      run,
      isUnconfirmed: firing === undefined && comparison.breached && rule.comparator.for === undefined,
      samples: undefined,
      ...(firing !== undefined && !comparison.unrecovered && unwell !== undefined
        ? { heldSince: unwell }
        : {}),
    };
  }
  if (standing === undefined || typeof standing === 'string') return standing;
  return {
    ...standing,
    firing: firing === undefined ? undefined : { ...firing, ...shapeOf(rule, checks, restart, firing) },
    samples: totalSamples(checks),
  };
}

/** Gradual or sudden, as all the checks tell it that came by now; nothing where its onset was no test's. */
function shapeOf(
  rule: SliRule,
  checks: readonly Check[],
  restart: number,
  { onset, onsetBetween, baseline }: Firing,
): Pick<Firing, 'shape'> {
  if (onsetBetween === undefined || !isTestable(rule)) return {};
  const recent = sampled(checks, restart, checks.length - 1);
  const from = recent.findIndex((check) => startOf(check) >= onset.getTime());
  if (from === -1) return {};
  return { shape: onsetShape(talliesOf(rule, recent), from, normalOf(rule, baseline).rate) };
}

interface Crossing {
  readonly index: number;
  /** The first check after it last recovered. */
  readonly restart: number;
  readonly run: Run | undefined;
  readonly baselineAt: (index: number) => Baseline;
}

/** What makes a crossing fire; undefined while it may still be chance, or has not lasted. */
function confirm(
  rule: SliRule,
  checks: readonly Check[],
  { index, restart, run, baselineAt }: Crossing,
): Firing | undefined {
  const check = checks[index];
  if (check === undefined) return undefined;
  if (rule.comparator.for !== undefined) {
    if (run === undefined || run.lasted < rule.comparator.for) return undefined;
    const samples = totalSamples(checks.slice(run.from, index + 1));
    if (samples !== undefined && samples < rule.minSamples) return undefined;
    return { onset: run.since, baseline: baselineAt(run.from) };
  }
  const start = new Date(startOf(check));
  const atOnce: Firing = { onset: start, onsetBetween: [start, check.at], baseline: baselineAt(index) };
  if (check.samples === undefined) return atOnce;
  if (!isTestable(rule)) return check.samples < rule.minSamples ? undefined : atOnce;

  const recent = sampled(checks, restart, index);
  const shift = strongestShift(
    talliesOf(rule, recent),
    (at) => normalOf(rule, baselineAt(index + 1 - recent.length + at)),
    rule.comparator.drop ?? rule.comparator.rise ?? 0,
  );
  if (shift === undefined || shift.evidence < CONFIRMING_EVIDENCE || shift.tally.samples < rule.minSamples)
    return undefined;
  const moment = (at: number): Date => new Date(startOf(recent[at] ?? check));
  return {
    onset: moment(shift.from),
    onsetBetween: [moment(shift.between[0]), (recent[shift.between[1]] ?? check).at],
    baseline: baselineAt(index + 1 - recent.length + shift.from),
    ...(shift.from === recent.length - 1 ? {} : { shift }),
  };
}

/** A rate with a sample size can be told from chance, unless the service wants the documented limit as it stands. */
function isTestable({ definition, comparator, settings }: SliRule): boolean {
  return definition.unit === 'rate' && comparator.ratio === undefined && settings.confirm === 'sequential';
}

/** The checks with a sample size that reach without a break up to `index`. */
function sampled(checks: readonly Check[], restart: number, index: number): readonly Check[] {
  let from = index;
  while (from > restart && checks[from - 1]?.samples !== undefined) from--;
  return checks.slice(from, index + 1);
}

function talliesOf(rule: SliRule, checks: readonly Check[]): Tally[] {
  return checks.map(({ value, samples = 0 }) => ({ bad: badShare(rule, value) * samples, samples }));
}

function badShare({ comparator }: SliRule, value: number): number {
  return comparator.drop !== undefined || comparator.below !== undefined ? 1 - value : value;
}

function normalOf(rule: SliRule, baseline: Baseline): Normal {
  const { comparator, slo } = rule;
  if (comparator.drop === undefined && comparator.rise === undefined) {
    const given = comparator.above ?? comparator.below;
    return { rate: badShare(rule, (given === 'slo' ? slo : given) ?? 0), samples: Infinity };
  }
  return baseline.value === undefined
    ? { rate: 1, samples: Infinity }
    : { rate: badShare(rule, baseline.value), samples: baseline.samples };
}

/** The sums of what is normal before each check. */
function runningSums(checks: readonly Check[], before: BaselineSums): (index: number) => BaselineSums {
  const sums: BaselineSums[] = [before];
  for (const { value, samples = 1, inIncident } of checks) {
    const last = sums.at(-1) ?? before;
    sums.push(
      inIncident
        ? last
        : {
            measurements: last.measurements + 1,
            weighted: last.weighted + value * samples,
            weight: last.weight + samples,
          },
    );
  }
  return (index) => sums[index] ?? before;
}

function totalSamples(checks: readonly Check[]): number | undefined {
  return checks.reduce<number | undefined>(
    (sum, { samples }) => (sum === undefined || samples === undefined ? undefined : sum + samples),
    0,
  );
}
