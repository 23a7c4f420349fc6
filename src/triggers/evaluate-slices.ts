import { sliDefinition } from '../services/slis.ts';
import { formatDuration } from '../time.ts';
import { BASELINE_WINDOW } from './baseline.ts';
import type { Evidence, SlicesEvidence } from './evidence.ts';
import { judgeSli } from './judge-sli.ts';
import { plainSeverity } from './rule-severity.ts';
import type { TriggerRule } from './schema.ts';
import type { JudgedService } from './sli-question.ts';
import { labelWords, MOST_SLICES, sliFindingKey, sliTitle } from './slice.ts';
import type { Finding } from './trigger.ts';

/**
 * A finding for each slice of the SLIs that a trigger watches, judged as the whole SLI is, by its own baseline: what
 * falls in one language is seen though the total hides it. A slice that fired and is measured no more is not evaluable,
 * until it has been gone for as long as a baseline reaches back. How many values are not watched is said too.
 */
export function evaluateSlices(
  name: string,
  rule: TriggerRule,
  service: JudgedService,
  evidence: Evidence,
  before: ReadonlyMap<string, Finding>,
  now: Date,
): readonly Finding[] {
  const { slices } = evidence;
  if (slices === undefined) return [];
  const watched = slices.watched.flatMap(({ sli, slice, ...known }) => {
    const comparator = rule.slis[sli];
    if (comparator === undefined) return [];
    const key = sliFindingKey(name, sli, slice);
    return [judgeSli({ name, rule, service, known, now, sli, slice, comparator, before: before.get(key) })];
  });
  const seen = new Set(watched.map(({ key }) => key));
  const gone = [...before.values()].filter(
    ({ key, trigger, sli, slice, state, observedAt }) =>
      trigger === name &&
      slice !== undefined &&
      service.baseline.slices?.includes(slice.label) === true &&
      (state === 'firing' || state === 'suspected') &&
      !seen.has(key) &&
      rule.slis[sli ?? ''] !== undefined &&
      observedAt !== undefined &&
      now.getTime() - observedAt.getTime() <= (service.baseline.over ?? BASELINE_WINDOW),
  );
  return [
    ...watched,
    ...gone.map((finding) => isGone(finding, service, slices, now)),
    ...notWatched(name, rule, service, slices),
  ];
}

function isGone(finding: Finding, service: JudgedService, { unwatched }: SlicesEvidence, now: Date): Finding {
  const { key, trigger, sli = '', slice, severity, observedAt = now } = finding;
  const isPushedOut = unwatched.some((each) => each.sli === sli && each.label === slice?.label);
  const why = isPushedOut
    ? `not among the ${MOST_SLICES} values measured last`
    : `no data for ${formatDuration(now.getTime() - observedAt.getTime())}`;
  return {
    key,
    trigger,
    state: 'not_evaluable',
    severity,
    sli,
    ...(slice === undefined ? {} : { slice }),
    observedAt,
    reason: `${sliTitle(sliDefinition(sli, service.slis), slice)}: ${why}`,
  };
}

function notWatched(
  name: string,
  rule: TriggerRule,
  service: JudgedService,
  { unwatched }: SlicesEvidence,
): readonly Finding[] {
  return unwatched
    .filter(({ sli }) => rule.slis[sli] !== undefined)
    .map(({ sli, label, values }) => ({
      key: `${name}:${sli}{${label}}`,
      trigger: name,
      sli,
      state: 'not_evaluable',
      severity: plainSeverity(rule, service),
      reason: `${sliDefinition(sli, service.slis).title} by ${labelWords(label)}: ${values} more ${values === 1 ? 'value is' : 'values are'} not watched, only the ${MOST_SLICES} measured last`,
    }));
}
