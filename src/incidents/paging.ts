import type { Severity } from '../triggers/severity.ts';
import type { Finding } from '../triggers/trigger.ts';
import type { NewJob } from '../verb.ts';
import { type Incident, incidentName, isOpen } from './incident.ts';
import { pageLane } from './jobs.ts';
import { type Page, type PageReceipt, pageKey } from './pager.ts';
import type { IncidentService } from './ports.ts';
import { type EntryContext, entry, type TimelineEntry } from './timeline.ts';
import type { ServiceWatch } from './watch.ts';

/** Why somebody may have to be paged. */
export const PAGE_OCCASIONS = ['declared', 'raised', 'escalated', 'asked'] as const;
export type PageOccasion = (typeof PAGE_OCCASIONS)[number];

/** Who is paged about an incident, or why nobody is. */
export type PageDecision =
  | { readonly kind: 'page'; readonly service: string; readonly escalationPolicy?: string }
  | { readonly kind: 'nobody'; readonly why: string };

/** SEV1 and SEV2 page (reference §D). */
export function isPaging(severity: Severity): boolean {
  return severity === 'SEV1' || severity === 'SEV2';
}

/**
 * Who is paged (design §6): the owners of a SEV1 or SEV2, and after 30 minutes those of any incident that nobody has
 * acknowledged. Nobody twice, and nobody whom the same PagerDuty service has rung already. A person who asks is enough.
 */
export function whoIsPaged(
  state: {
    readonly incident: Incident;
    readonly service: IncidentService | undefined;
    readonly watch: ServiceWatch;
    /** A page is on the timeline. */
    readonly isPaged: boolean;
  },
  occasion: PageOccasion,
): PageDecision {
  const { incident, service } = state;
  const nobody = (why: string): PageDecision => ({ kind: 'nobody', why });
  const owner = service?.owners.pagerduty_service;
  if (service === undefined || owner === undefined)
    return nobody('the service file has no owners.pagerduty_service');
  if (!isOpen(incident)) return nobody('the incident is over');
  if (state.isPaged) return nobody('they were paged before');
  const escalationPolicy = service.owners.escalation_policy;
  const to: PageDecision = {
    kind: 'page',
    service: owner,
    ...(escalationPolicy === undefined ? {} : { escalationPolicy }),
  };
  if (occasion === 'asked') return to;
  if (occasion === 'escalated') {
    if (incident.acknowledgedAt !== undefined) return nobody('somebody is on it');
  } else if (!isPaging(incident.severity)) return nobody(`${incident.severity} pages nobody`);
  const rung = incident.findings
    .flatMap((key) => state.watch.findings[key] ?? [])
    .filter((finding) => isAlertOf(finding, owner))
    // What has stopped ringing wakes nobody who slept through it.
    .some((finding) => occasion !== 'escalated' || finding.state === 'firing');
  if (rung) return nobody('PagerDuty has rung for this itself');
  return to;
}

function isAlertOf(finding: Finding, pagerdutyService: string): boolean {
  return finding.alert?.source === 'pagerduty' && finding.alert.vendorService === pagerdutyService;
}

/** The page of an incident, in plain words. */
export function pageOf(
  incident: Incident,
  to: { readonly service: string; readonly escalationPolicy?: string },
  link: string | undefined,
): Page {
  const lines = [
    incident.reason,
    `Service: ${incident.service}. Declared at ${incident.declaredAt.toISOString()}.`,
    link === undefined
      ? `It is worked on in Slack, in the channel of ${incidentName(incident)}.`
      : `Work on it here: ${link}`,
  ];
  return {
    ...to,
    key: pageKey(incident.id),
    title: `${incident.severity} ${incidentName(incident)} ${incident.service}: ${incident.title}`.slice(
      0,
      1000,
    ),
    details: lines.join('\n'),
  };
}

/** The entry of a page: one for each incident, whether aire or PagerDuty was first to say that it is there. */
export function pagedEntry(context: EntryContext, incident: Incident, page: PageReceipt): TimelineEntry {
  return {
    ...entry(context, incident, { kind: 'aire' }, 'paged', `Paged PagerDuty service ${page.service}`, {
      onceKey: 'paged',
      data: { page: page.id, pagerdutyService: page.service },
      ...(page.url === undefined ? {} : { url: page.url }),
    }),
    id: pagedEntryId(incident.id),
  };
}

export function pagedEntryId(incidentId: string): string {
  return `ent_paged_${incidentId}`;
}

/** The owners are paged, if then it is still right. */
export function pageOwnersJob(incidentId: string, occasion: PageOccasion): NewJob {
  return {
    kind: 'incident.page',
    lane: pageLane(incidentId),
    key: `page:${incidentId}:${occasion}`,
    payload: { incidentId, occasion },
  };
}

/** The page that aire sent is resolved, because its incident is over. */
export function resolvePageJob(incident: Incident): NewJob {
  const ended = incident.resolvedAt ?? incident.closedAt;
  return {
    kind: 'incident.resolve_page',
    lane: pageLane(incident.id),
    key: `resolve-page:${incident.id}:${ended?.toISOString() ?? ''}`,
    payload: { incidentId: incident.id },
  };
}

/** Asks for a page when an incident that owners must hear of begins, or becomes bad enough. */
export function pageWhenBad(
  service: IncidentService,
  incident: Incident,
  before?: Severity,
): readonly NewJob[] {
  const isNew = before === undefined || !isPaging(before);
  return service.owners.pagerduty_service !== undefined && isPaging(incident.severity) && isNew
    ? [pageOwnersJob(incident.id, before === undefined ? 'declared' : 'raised')]
    : [];
}
