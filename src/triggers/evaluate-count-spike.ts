import type { SliDefinition } from '../services/slis.ts';
import { formatDuration, SECOND } from '../time.ts';
import { aboutSli, newestOf, seenInWords } from './about-sli.ts';
import type { Check } from './evidence.ts';
import { plainSeverity } from './rule-severity.ts';
import type { SpikeRule } from './schema.ts';
import type { SliQuestion } from './sli-question.ts';
import { sliTitle } from './slice.ts';
import { type Counts, chanceInWords, fewestUnusual, spikeOf } from './spike.ts';
import { seenOnly, startOf } from './sustained.ts';
import type { Finding } from './trigger.ts';

/** What counts are held against is known from so many times as long as what is held against it. */
export const MIN_HISTORY = 3;

/**
 * Counts of one SLI against their own history (reference §B, §D5), as user reports are: each measurement counts what came
 * in its own window. Windows that overlap are counted once, and what is not known is no time in which nothing came. The
 * history leaves out incidents, and of what fires the time since it began.
 */
export function evaluateCountSpike(question: SliQuestion): Finding {
  const { rule, service, known, slice, comparator, before } = question;
  const { definition, base, notEvaluable } = aboutSli(question);
  const found = newestOf(question);
  if (typeof found === 'string') return notEvaluable(found);
  if (comparator.spike === undefined) return notEvaluable('no data');
  const { newest, fresh } = found;
  const checks = known?.checks ?? [];
  const fault = faultOf(definition, checks);
  if (fault !== undefined) return notEvaluable(fault);

  const fired = before?.state === 'firing' ? before : undefined;
  const { recent, history } = partsOf(checks, newest, comparator.spike, fired?.onset);
  const [recentTime, historyTime] = [lengthOf(recent), lengthOf(history)];
  const seen = known === undefined ? undefined : seenOnly(known, comparator.spike.against);
  if (historyTime < MIN_HISTORY * recentTime && seen !== undefined)
    return notEvaluable(`${seenInWords(seen)}; send fewer series, or longer windows`);
  if (historyTime < MIN_HISTORY * recentTime)
    return notEvaluable(
      `no history yet: ${formatDuration(historyTime)} of ${formatDuration(MIN_HISTORY * recentTime)} to hold ${formatDuration(recentTime)} against, outside incidents`,
    );
  const counts: Counts = {
    recent: countOf(recent),
    before: countOf(history),
    share: recentTime / (recentTime + historyTime),
  };
  const { fires, usual, chance } = spikeOf(comparator.spike, counts, fired !== undefined);
  // A mitigation is verified by one measurement after another, so this is said of one.
  const one = lengthOf([newest]) / recentTime;
  const began = recent.find((check) => check.value > 0) ?? newest;
  return {
    state: fires ? 'firing' : 'healthy',
    severity: plainSeverity(rule, service),
    reason:
      `${sliTitle(definition, slice)} ${counts.recent} in ${formatDuration(recentTime)}; ` +
      `usual were ${usual.toFixed(1)} (${counts.before} in the ${formatDuration(historyTime)} before), so chance alone brings as many ${chanceInWords(chance)}. ` +
      `The limit is ${comparator.spike.at_least}, and ${chanceInWords(comparator.spike.p)}.`,
    value: newest.value,
    baseline: usual * one,
    recoveredWithin: ((fewestUnusual(comparator.spike, counts) - usual) * one) / 2,
    observedAt: newest.at,
    freshUntil: fresh,
    ...base,
    ...(fires ? { onset: fired?.onset ?? new Date(startOf(began)) } : {}),
  };
}

/** Why these are no counts; undefined when they are. */
function faultOf({ unit }: SliDefinition, checks: readonly Check[]): string | undefined {
  if (unit !== 'count') return `a spike is one of counts, and its unit is ${unit}`;
  if (checks.some((check) => check.windowSeconds === undefined))
    return 'a count says nothing without the time it was counted in; send `window_s` with it';
  const negative = checks.find((check) => check.value < 0);
  return negative === undefined ? undefined : `${negative.value} is no count`;
}

/** What came lately and what came before, each oldest first and without overlap. */
function partsOf(
  checks: readonly Check[],
  newest: Check,
  { within, against }: SpikeRule,
  onset: Date | undefined,
): { readonly recent: readonly Check[]; readonly history: readonly Check[] } {
  const since = Math.min(newest.at.getTime() - within, startOf(newest));
  const recent = apart(checks.filter((check) => startOf(check) >= since));
  const until = startOf(recent[0] ?? newest);
  const before = checks.filter(
    (check) => !check.inIncident && check.at.getTime() <= until && startOf(check) >= since - against,
  );
  const untilOnset = apart(before.filter((check) => onset === undefined || check.at <= onset));
  // What fires for longer than is remembered has its own past as the usual.
  const isEnough = lengthOf(untilOnset) >= MIN_HISTORY * lengthOf(recent);
  return { recent, history: isEnough ? untilOnset : apart(before) };
}

/** The newest of them, the newest that ends before it begins, and so on. */
function apart(checks: readonly Check[]): readonly Check[] {
  const kept: Check[] = [];
  for (const check of checks.toReversed()) {
    const next = kept.at(-1);
    if (next === undefined || check.at.getTime() <= startOf(next)) kept.push(check);
  }
  return kept.reverse();
}

function lengthOf(checks: readonly Check[]): number {
  return checks.reduce((sum, check) => sum + (check.windowSeconds ?? 0) * SECOND, 0);
}

/** Prometheus' `increase` extrapolates to fractions. */
function countOf(checks: readonly Check[]): number {
  return Math.round(checks.reduce((sum, check) => sum + check.value, 0));
}
