import { evidenceWanted } from '../../incidents/evidence-wanted.ts';
import { remember } from '../../incidents/remember-findings.ts';
import type { ServiceWatch } from '../../incidents/watch.ts';
import { evaluateTrigger } from '../../triggers/evaluate-trigger.ts';
import type { Check } from '../../triggers/evidence.ts';
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
export function play({ trigger, sli, rule, service }: Subject, checks: readonly Check[]): readonly Played[] {
  const { [sli]: comparator } = rule.slis;
  const { reports: _reports, burn_rate: _burn, drift: _drift, ...rest } = rule;
  const alone = { ...rest, slis: comparator === undefined ? {} : { [sli]: comparator } };
  const evidence = slideOver(checks, evidenceWanted([alone], service), sli);
  let watch: ServiceWatch = { service: service.service, version: 0, findings: {} };
  return checks.flatMap((check, index) => {
    const known = new Map<string, Finding>(Object.entries(watch.findings));
    const wasFiring = known.get(`${trigger}:${sli}`)?.state === 'firing';
    if (wasFiring) evidence.isIncident(check.at, index);
    const seen = { slis: new Map([[sli, evidence.at(index)]]), alerts: [], reports: [] };
    const found = evaluateTrigger(trigger, alone, service, seen, known, check.at);
    const [finding] = found;
    if (finding === undefined) return [];
    // As in operation: what fires recovers by a good value only.
    if (!(wasFiring && finding.state === 'not_evaluable'))
      watch = { ...watch, findings: remember(watch, found, check.at) };
    if (finding.state === 'firing' && !wasFiring) evidence.isIncident(finding.onset ?? check.at, index);
    return [{ check, finding }];
  });
}
