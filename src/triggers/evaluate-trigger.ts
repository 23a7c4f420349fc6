import { DAY } from '../time.ts';
import { evaluateAlert } from './evaluate-alert.ts';
import { evaluateReports } from './evaluate-reports.ts';
import { evaluateSli, type JudgedService } from './evaluate-sli.ts';
import type { Evidence, ReportCounts } from './evidence.ts';
import type { TriggerRule } from './schema.ts';
import type { Finding } from './trigger.ts';

/**
 * Evaluates one documented trigger: a finding for each SLI it watches, for user reports, and for each alert that
 * stands for it. What was firing clears only when it has recovered to half the limit.
 */
export function evaluateTrigger(
  name: string,
  rule: TriggerRule,
  service: JudgedService,
  evidence: Evidence,
  before: ReadonlyMap<string, Finding>,
  now: Date,
): readonly Finding[] {
  const fromSlis = Object.entries(rule.slis).map(([sli, comparator]) =>
    evaluateSli({
      name,
      rule,
      service,
      evidence,
      now,
      sli,
      comparator,
      before: before.get(`${name}:${sli}`),
    }),
  );
  const { reports } = rule;
  const fromReports =
    reports === undefined
      ? []
      : [
          evaluateReports(
            name,
            rule,
            reports,
            service,
            countReports(evidence.reports, reports, now),
            before.get(`${name}:reports`)?.state === 'firing',
          ),
        ];
  const fromAlerts = evidence.alerts
    .filter((alert) => alert.trigger === name)
    .map((alert) => evaluateAlert(name, rule, service, alert));
  return [...fromSlis, ...fromReports, ...fromAlerts];
}

function countReports(
  all: Evidence['reports'],
  rule: NonNullable<TriggerRule['reports']>,
  now: Date,
): ReportCounts {
  const since = now.getTime() - rule.within;
  const dayBefore = since - DAY;
  const times = all
    .filter((report) => rule.categories.includes(report.category) && report.at <= now)
    .map((report) => report.at.getTime())
    .sort((a, b) => a - b);
  const recent = times.filter((at) => at > since);
  const newest = recent.at(-1);
  const oldest = recent[0];
  return {
    recent: recent.length,
    dayBefore: times.filter((at) => at > dayBefore && at <= since).length,
    ...(newest === undefined ? {} : { newest: new Date(newest) }),
    ...(oldest === undefined ? {} : { oldestRecent: new Date(oldest) }),
  };
}
