import { evaluateAlert } from './evaluate-alert.ts';
import { evaluateBurn } from './evaluate-burn.ts';
import { evaluateDrift } from './evaluate-drift.ts';
import { evaluateReports } from './evaluate-reports.ts';
import { evaluateSlices } from './evaluate-slices.ts';
import type { Evidence } from './evidence.ts';
import { judgeSli } from './judge-sli.ts';
import type { TriggerRule } from './schema.ts';
import type { JudgedService } from './sli-question.ts';
import { sliFindingKey } from './slice.ts';
import type { Finding } from './trigger.ts';

/**
 * Evaluates one documented trigger: a finding for each SLI it watches that was ever measured and each of its slices, for
 * user reports, for each budget that may burn, for each distribution, and for each alert that stands for it. What was
 * firing clears only when it has recovered to half the limit.
 */
export function evaluateTrigger(
  name: string,
  rule: TriggerRule,
  service: JudgedService,
  evidence: Evidence,
  before: ReadonlyMap<string, Finding>,
  now: Date,
): readonly Finding[] {
  const fromSlis = Object.entries(rule.slis).flatMap(([sli, comparator]) => {
    const known = evidence.slis.get(sli);
    const last = before.get(sliFindingKey(name, sli));
    if (known === undefined && !isUnwell(last)) return [];
    return [judgeSli({ name, rule, service, known, now, sli, comparator, before: last })];
  });
  const fromSlices = evaluateSlices(name, rule, service, evidence, before, now);
  const { reports } = rule;
  const fromReports =
    reports === undefined
      ? []
      : [evaluateReports(name, rule, reports, service, evidence, before.get(`${name}:reports`), now)];
  const fromBurn =
    rule.burn_rate === undefined ? [] : evaluateBurn(name, rule, rule.burn_rate, service, evidence, before);
  const fromDrift =
    rule.drift === undefined ? [] : evaluateDrift(name, rule, rule.drift, service, evidence, before, now);
  const fromAlerts = evidence.alerts
    .filter((alert) => alert.trigger === name)
    .map((alert) => evaluateAlert(name, rule, service, alert));
  return [...fromSlis, ...fromSlices, ...fromReports, ...fromBurn, ...fromDrift, ...fromAlerts];
}

function isUnwell(finding: Finding | undefined): boolean {
  return finding?.state === 'firing' || finding?.state === 'suspected';
}
