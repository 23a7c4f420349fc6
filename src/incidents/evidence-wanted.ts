import { DAY } from '../time.ts';
import type { TriggerRule } from '../triggers/schema.ts';
import type { EvidenceWanted } from './ports.ts';

/** A run of this many windows back says all there is to say of one. */
const WINDOWS_BACK = 3;

/** What the rules of a playbook need to know of a service. */
export function evidenceWanted(rules: readonly TriggerRule[], baselineWindow: number): EvidenceWanted {
  const history = new Map<string, number>();
  for (const [sli, comparator] of rules.flatMap((rule) => Object.entries(rule.slis))) {
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
    baselineWindow,
    reports,
  };
}
