import { formatSliValue } from '../services/slis.ts';
import { formatDuration, SECOND } from '../time.ts';
import { aboutSli, newestOf, seenInWords } from './about-sli.ts';
import { CHECKS_TO_CLEAR } from './recovery.ts';
import { beyondSeverity } from './rule-severity.ts';
import type { SliQuestion } from './sli-question.ts';
import type { SliRule } from './sli-rule.ts';
import { type Slice, sliceWords } from './slice.ts';
import { type Standing, standingOf } from './standing.ts';
import { startOf } from './sustained.ts';
import type { Finding } from './trigger.ts';

/** What one SLI, or a slice of it, says for a trigger: compared with its limit, confirmed or sustained as the rule asks, with the reason in words. */
export function evaluateSli(question: SliQuestion): Finding {
  const { rule, service, known, sli, slice, comparator, before } = question;
  const { definition, base, notEvaluable } = aboutSli(question);
  const found = newestOf(question);
  if (typeof found === 'string') return notEvaluable(found);
  const { newest, fresh } = found;
  const oldest = known?.checks[0];
  if (known === undefined || oldest === undefined) return notEvaluable('no data');

  const objective = service.slos[sli];
  const sliRule: SliRule = {
    sli,
    definition,
    comparator,
    slo: objective?.at_least ?? objective?.at_most,
    minSamples: rule.min_samples,
    settings: service,
  };
  const firedBefore =
    before?.state === 'firing' && (before.onset === undefined || before.onset.getTime() < startOf(oldest));
  const standing = standingOf(sliRule, known, firedBefore);
  if (standing === undefined) return notEvaluable('no data');
  if (typeof standing === 'string') return notEvaluable(standing);

  const { comparison, firing, samples } = standing;
  if (!comparison.breached && firing === undefined && samples !== undefined && samples < rule.min_samples)
    return notEvaluable(`only ${samples} samples, ${rule.min_samples} needed`);
  const state = firing !== undefined ? 'firing' : comparison.breached ? 'suspected' : 'healthy';
  return {
    state,
    reason: reasonOf(sliRule, standing, slice),
    severity: beyondSeverity(rule, service, comparison.extent),
    value: newest.value,
    baseline: comparison.reference,
    recoveredWithin: comparison.recoveredWithin,
    observedAt: newest.at,
    freshUntil: fresh,
    ...base,
    ...(standing.isUnconfirmed ? { isUnconfirmed: true } : {}),
    ...(firing !== undefined && standing.wellFor !== undefined ? { isRecovering: true } : {}),
    ...(firing === undefined
      ? comparison.breached
        ? { onset: new Date(startOf(newest)) }
        : {}
      : {
          // What fired before the oldest check keeps the onset that was found then.
          onset: firedBefore && before?.onset !== undefined ? before.onset : firing.onset,
          ...(firing.onsetBetween === undefined ? {} : { onsetBetween: firing.onsetBetween }),
          ...(firing.shape === undefined ? {} : { onsetShape: firing.shape }),
        }),
  };
}

/** The value, whose it is, what it is held against, where that comes from, how large the sample is, the limit, and how sure it is. */
function reasonOf(rule: SliRule, standing: Standing, slice: Slice | undefined): string {
  const { definition, comparator } = rule;
  const { newest, words } = standing;
  const limit =
    comparator.for === undefined ? words.limit : `${words.limit} for ${formatDuration(comparator.for)}`;
  const details = detailsOf(rule, standing);
  return (
    `${definition.title} ${formatSliValue(newest.value, definition.unit)}${slice === undefined ? '' : ` ${sliceWords(slice)}`} ${words.is}` +
    `${details.length === 0 ? '' : ` (${details.join('; ')})`}. The limit is ${limit}.${partOf(rule, standing) ?? certaintyOf(rule, standing)}`
  );
}

/** That not all of what decides could be looked at. */
function partOf(rule: SliRule, standing: Standing): string | undefined {
  const { seenOnly, isUnconfirmed } = standing;
  if (seenOnly === undefined) return undefined;
  const seen = seenInWords(seenOnly);
  return isUnconfirmed && rule.comparator.for !== undefined
    ? ` Suspected: ${seen}, and all of that is beyond the limit.`
    : `${certaintyOf(rule, standing)} Note: ${seen}.`;
}

function detailsOf({ comparator }: SliRule, { newest, baseline, run }: Standing): readonly string[] {
  const usesBaseline =
    comparator.drop !== undefined || comparator.rise !== undefined || comparator.ratio !== undefined;
  const over =
    newest.windowSeconds === undefined ? '' : ` over ${formatDuration(newest.windowSeconds * SECOND)}`;
  return [
    ...(usesBaseline ? [baseline.origin] : []),
    ...(newest.samples !== undefined
      ? [`${newest.samples} samples${over}`]
      : comparator.for === undefined
        ? ['sample size unknown']
        : []),
    ...(comparator.for === undefined || run === undefined ? [] : [`for ${formatDuration(run.lasted)}`]),
  ];
}

/** Whether it may be chance, and what showed that it is not. */
function certaintyOf({ definition, comparator, minSamples }: SliRule, standing: Standing): string {
  const { newest, firing, isUnconfirmed, heldSince, wellFor } = standing;
  if (heldSince !== undefined)
    return ` It was not so ${formatDuration(newest.at.getTime() - heldSince.getTime())} before; that counts until it has been well for ${formatDuration(comparator.hold ?? 0)}.`;
  if (wellFor !== undefined) return wellButFiring(wellFor);
  if (isUnconfirmed && (newest.samples ?? 0) < minSamples)
    return ` Suspected: ${newest.samples} samples may be chance, ${minSamples} are needed.`;
  if (isUnconfirmed) return ' Suspected: a sample of this size may be chance; the next checks decide.';
  if (firing?.shift === undefined) return '';
  const { bad, samples } = firing.shift.tally;
  const share =
    comparator.drop !== undefined || comparator.below !== undefined ? 1 - bad / samples : bad / samples;
  return ` Confirmed by ${Math.round(samples)} samples of several checks: ${formatSliValue(share, definition.unit)}.`;
}

/** One good check may be chance as well. */
function wellButFiring(checks: number): string {
  const more = CHECKS_TO_CLEAR - checks;
  return (
    ` It was well in the last ${checks === 1 ? 'check' : `${checks} checks`}, which may be chance; ` +
    `${more === 1 ? 'one more decides' : `at most ${more} more decide`}.`
  );
}
