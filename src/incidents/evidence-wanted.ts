import type { ServiceIdentity } from '../services/schema.ts';
import { BASELINE_WINDOW } from '../triggers/baseline.ts';
import { burningSlis } from '../triggers/evaluate-burn.ts';
import type { TriggerRule, TriggerSettings } from '../triggers/schema.ts';
import type { EvidenceWanted } from './ports.ts';

/** A sequential test looks at this many checks. */
export const CHECKS_TO_CONFIRM = 30;
/** Moments that an SLI which is watched over a time may have been measured at in it. */
export const CHECKS_AT_ONCE = 3000;
/** Measurements of an SLI that are read for its checks, however many series share a moment: 300 for an hour. */
export const MEASUREMENTS_AT_ONCE = 20_000;

/** A run of this many windows back says all there is to say of one. */
const WINDOWS_BACK = 3;

/** What the rules of a playbook need to know of a service. */
export function evidenceWanted(
  rules: readonly TriggerRule[],
  service: Pick<TriggerSettings, 'baseline'> & Pick<ServiceIdentity, 'slos' | 'slis'>,
): EvidenceWanted {
  const { baseline } = service;
  const history = new Map<string, number>();
  const baselines = new Set<string>();
  for (const [sli, comparator] of rules.flatMap((rule) => Object.entries(rule.slis))) {
    const relative = comparator.drop ?? comparator.rise ?? comparator.ratio;
    if (relative !== undefined && baseline.pinned[sli] === undefined) baselines.add(sli);
    const counted = comparator.spike === undefined ? 0 : comparator.spike.within + comparator.spike.against;
    const back = Math.max(WINDOWS_BACK * (comparator.for ?? 0), comparator.hold ?? 0, counted);
    if (back > 0) history.set(sli, Math.max(history.get(sli) ?? 0, back));
  }
  const reports = Math.max(
    0,
    ...rules.flatMap((rule) =>
      rule.reports === undefined ? [] : [rule.reports.spike.within + rule.reports.spike.against],
    ),
  );
  return {
    slis: [...new Set(rules.flatMap((rule) => Object.keys(rule.slis)))],
    history,
    baselineWindow: baseline.over ?? BASELINE_WINDOW,
    baselines,
    ...(baseline.slices === undefined || baseline.slices.length === 0 ? {} : { slices: baseline.slices }),
    reports,
    ...burnsWanted(rules, service),
    ...distributionsWanted(rules),
  };
}

/** Nothing where no rule asks, or no SLO gives a budget. */
function burnsWanted(
  rules: readonly TriggerRule[],
  service: Pick<ServiceIdentity, 'slos' | 'slis'>,
): Pick<EvidenceWanted, 'burns'> {
  const burning = rules.flatMap(({ burn_rate }) => burn_rate ?? []);
  const slis = [...new Set(burning.flatMap((rule) => burningSlis(rule, service)))];
  const windows = [
    ...new Set(burning.flatMap((rule) => rule.windows.flatMap(({ over, and }) => [over, and]))),
  ];
  return slis.length === 0 ? {} : { burns: { slis, windows } };
}

function distributionsWanted(rules: readonly TriggerRule[]): Pick<EvidenceWanted, 'distributions'> {
  const back = rules.flatMap((rule) => rule.drift?.against ?? []);
  return back.length === 0 ? {} : { distributions: Math.max(...back) };
}
