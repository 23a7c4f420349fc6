import type { ServiceIdentity } from '../services/schema.ts';
import { formatDuration } from '../time.ts';
import type { Evidence } from './evidence.ts';
import { plainSeverity } from './rule-severity.ts';
import type { SpikeRule, TriggerRule } from './schema.ts';
import { type Counts, chanceInWords, spikeOf } from './spike.ts';
import type { Finding } from './trigger.ts';

/** User reports that came lately, against their own history (reference §D5). */
export function evaluateReports(
  name: string,
  rule: TriggerRule,
  { categories, spike }: NonNullable<TriggerRule['reports']>,
  service: ServiceIdentity,
  evidence: Evidence,
  before: Finding | undefined,
  now: Date,
): Finding {
  const times = evidence.reports
    .filter((report) => categories.includes(report.category))
    .map((report) => report.at.getTime());
  const fired = before?.state === 'firing' ? before : undefined;
  const counts = countsOf(times, spike, now.getTime(), fired?.onset?.getTime());
  const { fires, usual, chance } = spikeOf(spike, counts, fired !== undefined);
  const recent = times.filter((at) => at > now.getTime() - spike.within && at <= now.getTime());
  const what = categories.map((category) => category.replaceAll('_', ' ')).join(' or ');
  return {
    key: `${name}:reports`,
    trigger: name,
    state: fires ? 'firing' : 'healthy',
    severity: plainSeverity(rule, service),
    reason:
      `${counts.recent} user ${counts.recent === 1 ? 'report' : 'reports'} of ${what} in the last ${formatDuration(spike.within)}; ` +
      `usual were ${usual.toFixed(1)} (the ${formatDuration(spike.against)} before), so chance alone brings as many ${chanceInWords(chance)}. ` +
      `The limit is ${spike.at_least}, and ${chanceInWords(spike.p)}.`,
    ...(recent.length === 0 ? {} : { observedAt: new Date(Math.max(...recent)) }),
    ...(fires && recent.length > 0 ? { onset: fired?.onset ?? new Date(Math.min(...recent)) } : {}),
  };
}

/** Counts of the newest window and its history; what fires is held against the time before it began, while any of that is known. */
function countsOf(
  times: readonly number[],
  { within, against }: SpikeRule,
  now: number,
  onset: number | undefined,
): Counts {
  const from = now - within - against;
  const since = now - within;
  const began = onset === undefined ? since : Math.min(onset - 1, since);
  const until = began - from >= within ? began : since;
  return {
    recent: times.filter((at) => at > since && at <= now).length,
    before: times.filter((at) => at > from && at <= until).length,
    share: within / (within + until - from),
  };
}
