import { rulesOf } from '../triggers/overrides.ts';
import type { NewJob } from '../verb.ts';
import type { FollowState } from './follow-findings.ts';
import { suspectedEvals } from './jobs.ts';
import type { WatchedFinding } from './watch.ts';

/** So many times the sample that the trigger needs at least: a crossing of chance is rarely seen in it. */
const TIMES = 10;

/**
 * A crossing that may be chance is looked at again at once with a larger sample, where the service has an evals hook:
 * one run for all that became suspected at the same moment. What Prometheus measures no eval can tell more of.
 */
export function evalsOnSuspicion(
  { service, playbook, watch }: FollowState,
  remembered: Readonly<Record<string, WatchedFinding>>,
  now: Date,
): readonly NewJob[] {
  if (service.evals === undefined) return [];
  const polled = service.sources.prometheus?.queries ?? {};
  const fresh = Object.values(remembered).filter(
    ({ key, sli, state, isUnconfirmed }) =>
      state === 'suspected' &&
      isUnconfirmed === true &&
      watch.findings[key]?.isUnconfirmed !== true &&
      (sli === undefined || polled[sli] === undefined),
  );
  if (fresh.length === 0) return [];
  const rules = rulesOf(playbook, service);
  const needed = fresh.map(({ trigger }) => rules[trigger]?.min_samples ?? 0);
  return [suspectedEvals(service.service, now, TIMES * Math.max(...needed))];
}
