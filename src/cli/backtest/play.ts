import { evidenceWanted } from '../../incidents/evidence-wanted.ts';
import { remember } from '../../incidents/remember-findings.ts';
import type { ServiceWatch } from '../../incidents/watch.ts';
import type { Check } from '../../triggers/evidence.ts';
import { judgeSli } from '../../triggers/judge-sli.ts';
import { sliFindingKey } from '../../triggers/slice.ts';
import type { Finding } from '../../triggers/trigger.ts';
import { slideOver } from './sliding-evidence.ts';
import type { Subject } from './what-if.ts';

/** A check, and what the rule said when it was the newest. */
export interface Played {
  readonly check: Check;
  readonly finding: Finding;
}

/**
 * Plays a series through one SLI of a rule as it would have been seen: each check evaluated when it was the newest, with
 * what was remembered by then. What fired counts as an incident from its onset until it cleared, so that the baseline
 * does not learn from it.
 */
export function* play(
  { trigger, sli, rule, service }: Subject,
  checks: readonly Check[],
): Generator<Played, void, undefined> {
  const { [sli]: comparator } = rule.slis;
  if (comparator === undefined) return;
  const { reports: _reports, burn_rate: _burn, drift: _drift, ...rest } = rule;
  const alone = { ...rest, slis: { [sli]: comparator } };
  const evidence = slideOver(checks, evidenceWanted([alone], service), sli);
  const key = sliFindingKey(trigger, sli);
  let watch: ServiceWatch = { service: service.service, version: 0, findings: {} };
  for (const [index, check] of checks.entries()) {
    const { at: now } = check;
    const before = watch.findings[key];
    const wasFiring = before?.state === 'firing';
    if (wasFiring) evidence.isIncident(now, index);
    const known = evidence.at(index);
    const finding = judgeSli({ name: trigger, rule: alone, service, known, now, sli, comparator, before });
    // As in operation: what fires recovers by a good value only.
    if (!(wasFiring && finding.state === 'not_evaluable'))
      watch = { ...watch, findings: remember(watch, [finding], now) };
    if (finding.state === 'firing' && !wasFiring) evidence.isIncident(finding.onset ?? now, index);
    yield { check, finding };
  }
}
