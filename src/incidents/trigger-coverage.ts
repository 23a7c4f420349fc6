import { formatSliValue, sliDefinition } from '../services/slis.ts';
import { formatDuration } from '../time.ts';
import { burningSlis } from '../triggers/evaluate-burn.ts';
import type { TriggerRule } from '../triggers/schema.ts';
import { labelWords, sliFindingKey, sliTitle } from '../triggers/slice.ts';
import type { IncidentService } from './ports.ts';
import type { ServiceWatch, WatchedFinding } from './watch.ts';

/** Whether a trigger sees anything of a service, and why not. */
export interface TriggerCoverage {
  readonly trigger: string;
  readonly title: string;
  /** `live`: what was judged of something it looks at still holds; `silent`: all of that is too old by now. */
  readonly state: 'live' | 'silent' | 'not_evaluable';
  /** `Task completion rate 95.0 %, 5 min ago`, or the reason: one a thing it looks at. */
  readonly says: readonly string[];
}

/** What was found of each trigger when the service was last evaluated. */
export function triggerCoverage(
  triggers: Readonly<Record<string, TriggerRule>>,
  service: IncidentService,
  findings: ServiceWatch['findings'],
  now: Date,
): readonly TriggerCoverage[] {
  const isEvaluated = Object.keys(findings).length > 0;
  return Object.entries(triggers).map(([trigger, rule]) => {
    const found = Object.values(findings).filter((finding) => finding.trigger === trigger);
    const judged = found.filter((finding) => finding.state !== 'not_evaluable');
    const isLive = judged.some(({ freshUntil, sli }) =>
      freshUntil === undefined ? sli === undefined : now <= freshUntil,
    );
    const says = [
      ...found.flatMap((each) => (each.slice === undefined ? [saysOf(each, service, now)] : [])),
      ...saysOfSlices(found, service, now),
      ...Object.keys(rule.slis).flatMap((sli) =>
        findings[sliFindingKey(trigger, sli)] !== undefined
          ? []
          : [`${sliDefinition(sli, service.slis).title}: no data`],
      ),
    ];
    return {
      trigger,
      title: rule.title,
      state: isLive ? 'live' : judged.length > 0 ? 'silent' : 'not_evaluable',
      says: isEvaluated && says.length > 0 ? says : ['nothing has arrived for this service yet'],
    };
  });
}

function saysOf(finding: WatchedFinding, service: IncidentService, now: Date): string {
  const { sli, value, observedAt } = finding;
  if (finding.state === 'not_evaluable' || sli === undefined || value === undefined) return finding.reason;
  const definition = sliDefinition(sli, service.slis);
  const age = observedAt === undefined ? '' : `, ${formatDuration(now.getTime() - observedAt.getTime())} ago`;
  const state = finding.state === 'healthy' ? '' : ` (${finding.state})`;
  return `${sliTitle(definition, finding.slice)} ${formatSliValue(value, definition.unit)}${age}${state}`;
}

/** Of the slices by each label: how many are judged, each that is not well, and one that can't be judged with the reason. */
function saysOfSlices(
  found: readonly WatchedFinding[],
  service: IncidentService,
  now: Date,
): readonly string[] {
  const groups = new Map<string, WatchedFinding[]>();
  for (const finding of found) {
    if (finding.slice === undefined) continue;
    const key = `${finding.sli} ${finding.slice.label}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first?.slice === undefined) return [];
    const unjudged = group.filter(({ state }) => state === 'not_evaluable');
    const unwell = group.filter(({ state }) => state === 'firing' || state === 'suspected');
    const [one, ...more] = unjudged;
    const { title } = sliDefinition(first.sli ?? '', service.slis);
    return [
      `${title} by ${labelWords(first.slice.label)}: ${group.length - unjudged.length} of ${group.length} values judged`,
      ...unwell.map((finding) => saysOf(finding, service, now)),
      ...(one === undefined ? [] : [`${one.reason}${more.length === 0 ? '' : ` (and ${more.length} more)`}`]),
    ];
  });
}

/** The triggers that can't be evaluated whatever arrives, as the service file stands, and what to add. */
export function neverEvaluable(
  triggers: Readonly<Record<string, TriggerRule>>,
  service: Pick<IncidentService, 'slos' | 'slis' | 'sources'>,
): readonly { readonly trigger: string; readonly why: string }[] {
  return Object.entries(triggers).flatMap(([trigger, rule]) => {
    if (rule.burn_rate !== undefined && burningSlis(rule.burn_rate, service).length === 0)
      return [{ trigger, why: `no SLO of a rate is of dimension ${rule.burn_rate.dimensions.join(' or ')}` }];
    const slis = Object.entries(rule.slis);
    const without = slis.flatMap(([sli, { above, below }]) =>
      (above === 'slo' || below === 'slo') && service.slos[sli] === undefined ? [sli] : [],
    );
    const hasAlert = service.sources.alerts.some((alert) => alert.trigger === trigger);
    if (without.length === 0 || without.length < slis.length || rule.reports !== undefined || hasAlert)
      return [];
    return [{ trigger, why: `there is no SLO for ${without.join(', ')}; add it under slos` }];
  });
}
