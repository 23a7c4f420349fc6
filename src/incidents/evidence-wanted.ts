import { DAY } from '../time.ts';
import { BASELINE_WINDOW } from '../triggers/baseline.ts';
import type { TriggerRule, TriggerSettings } from '../triggers/schema.ts';
import type { EvidenceWanted } from './ports.ts';

/** A sequential test looks at this many checks. */
export const CHECKS_TO_CONFIRM = 30;
/** What an SLI that is watched over a time may have measured in it. */
export const CHECKS_AT_ONCE = 500;

/** A run of this many windows back says all there is to say of one. */
const WINDOWS_BACK = 3;

/** What the rules of a playbook need to know of a service. */
export function evidenceWanted(
  rules: readonly TriggerRule[],
  baseline: TriggerSettings['baseline'],
): EvidenceWanted {
  const history = new Map<string, number>();
  const baselines = new Set<string>();
  for (const [sli, comparator] of rules.flatMap((rule) => Object.entries(rule.slis))) {
    const relative = comparator.drop ?? comparator.rise ?? comparator.ratio;
    if (relative !== undefined && baseline.pinned[sli] === undefined) baselines.add(sli);
    if (comparator.for === undefined) continue;
    history.set(sli, Math.max(history.get(sli) ?? 0, WINDOWS_BACK * comparator.for));
  }
  const reports = Math.max(
    0,
    ...rules.flatMap((rule) => (rule.reports === undefined ? [] : [rule.reports.within + DAY])),
  );
  return {
    slis: [...new Set(rules.flatMap((rule) => Object.keys(rule.slis)))],
    history,
    baselineWindow: baseline.over ?? BASELINE_WINDOW,
    baselines,
    reports,
  };
}
