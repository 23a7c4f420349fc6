import type { Playbook } from '../runbooks/schema.ts';
import { takeSnapshot } from '../runbooks/snapshot.ts';
import { evaluateJob } from '../signals/receive-delivery.ts';
import type { IncidentKind } from '../triggers/schema.ts';
import type { Severity } from '../triggers/severity.ts';
import type { Finding } from '../triggers/trigger.ts';
import type { NewJob } from '../verb.ts';
import { startAutoSteps } from './auto-steps.ts';
import { latencyLimit, SLOW_FOR } from './escalate-latency.ts';
import type { Actor, Incident } from './incident.ts';
import { announce, openChannel, readVendors, showCard, watchLatency } from './jobs.ts';
import { earliest, onsetOf } from './onset.ts';
import { pageWhenBad } from './paging.ts';
import type { IncidentService } from './ports.ts';
import { remindersFromDeclaration } from './reminders.ts';
import { type EntryContext, entry, type TimelineEntry } from './timeline.ts';

/** What is known at the moment an incident is declared. */
export interface Declaration {
  readonly service: IncidentService;
  readonly playbook: Playbook;
  readonly title: string;
  readonly reason: string;
  readonly kind: IncidentKind;
  readonly severity: Severity;
  readonly declareKey: string;
  readonly by: Actor;
  readonly trigger?: string;
  readonly finding?: Finding;
  readonly findings: readonly string[];
}

/**
 * A new incident in triage, its first timeline entries and what is to be done outside. The service is evaluated
 * again, which brings what arrived before (changes, examples) onto the new timeline.
 */
export function openIncident(
  declaration: Declaration,
  context: EntryContext,
): { incident: Incident; timeline: TimelineEntry[]; jobs: NewJob[] } {
  const { service, playbook, finding, by } = declaration;
  const detectedAt = earliest(finding?.observedAt ?? context.now, context.now);
  const declared: Incident = {
    id: context.newId('inc'),
    number: 0,
    version: 0,
    service: service.service,
    title: declaration.title,
    reason: declaration.reason,
    kind: declaration.kind,
    severity: declaration.severity,
    phase: 'triage',
    ...(declaration.trigger === undefined ? {} : { trigger: declaration.trigger }),
    ...firedSli(finding),
    declareKey: declaration.declareKey,
    declaredBy: by,
    ...onsetOf(finding, detectedAt),
    detectedAt,
    declaredAt: context.now,
    facts: {},
    steps: {},
    runbook: takeSnapshot(playbook, service),
    findings: declaration.findings,
  };
  const { incident, jobs: runs } = startAutoSteps(declared, context);
  const first = entry(
    context,
    incident,
    by,
    'declared',
    `Declared ${incident.severity}: ${incident.reason}`,
    {
      ...(finding?.url === undefined ? {} : { url: finding.url }),
      ...(finding === undefined
        ? {}
        : { data: { finding: finding.key, value: finding.value, baseline: finding.baseline } }),
    },
  );
  return {
    incident,
    timeline: [first],
    jobs: [
      ...pageWhenBad(service, incident),
      announce(incident.id),
      openChannel(incident.id),
      showCard(incident.id),
      evaluateJob(incident.service),
      ...(service.vendors.length === 0 ? [] : [readVendors(incident.id)]),
      ...runs,
      ...remindersFromDeclaration(incident),
      ...(latencyLimit(incident, service) === undefined
        ? []
        : [watchLatency(incident.id, new Date(context.now.getTime() + SLOW_FOR))]),
    ],
  };
}

/** The SLI of a finding as it was, for a mitigation to bring back; nothing for a vendor's alert. */
export function firedSli(finding: Finding | undefined): Pick<Incident, 'fired'> {
  if (finding?.sli === undefined || finding.value === undefined || finding.baseline === undefined) return {};
  const { sli, slice, value, baseline, recoveredWithin = 0 } = finding;
  return { fired: { sli, ...(slice === undefined ? {} : { slice }), value, baseline, recoveredWithin } };
}
