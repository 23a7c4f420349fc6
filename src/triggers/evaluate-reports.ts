import type { ServiceIdentity } from '../services/schema.ts';
import { formatDuration, HOUR } from '../time.ts';
import type { ReportCounts } from './evidence.ts';
import { plainSeverity } from './rule-severity.ts';
import type { TriggerRule } from './schema.ts';
import type { Finding } from './trigger.ts';

type ReportRule = NonNullable<TriggerRule['reports']>;

/** The hours of the day before that a spike is compared with. */
const DAY_BEFORE = 24;

/**
 * User reports against the day before them (reference §D5): at least `at_least` of them within the window, and more
 * than `times` as many as the same time saw on average over the day before.
 */
export function evaluateReports(
  name: string,
  rule: TriggerRule,
  reports: ReportRule,
  service: ServiceIdentity,
  counts: ReportCounts,
  wasFiring: boolean,
): Finding {
  const usual = (counts.dayBefore * reports.within) / (DAY_BEFORE * HOUR);
  const spikes = counts.recent >= reports.at_least && counts.recent > reports.times * usual;
  // It is over when there are fewer than would start it, not one by one.
  const firing = spikes || (wasFiring && counts.recent >= reports.at_least);
  const what = reports.categories.map((category) => category.replaceAll('_', ' ')).join(' or ');
  return {
    key: `${name}:reports`,
    trigger: name,
    state: firing ? 'firing' : 'healthy',
    severity: plainSeverity(rule, service),
    reason:
      `${counts.recent} user ${counts.recent === 1 ? 'report' : 'reports'} of ${what} in the last ${formatDuration(reports.within)}; ` +
      `usual were ${usual.toFixed(1)} (the day before). The limit is ${reports.at_least}, and ${reports.times} times the usual.`,
    ...(counts.newest === undefined ? {} : { observedAt: counts.newest }),
    ...(firing && counts.oldestRecent !== undefined ? { onset: counts.oldestRecent } : {}),
  };
}
