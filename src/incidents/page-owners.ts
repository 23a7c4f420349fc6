import { type ChangeDeps, changeIncident } from './change-incident.ts';
import { isOpen } from './incident.ts';
import { refresh, say } from './jobs.ts';
import type { PageReceipt, Pager, PagerAnswer } from './pager.ts';
import { pageKey } from './pager.ts';
import { type PageOccasion, pagedEntry, pagedEntryId, pageOf, whoIsPaged } from './paging.ts';
import type { IncidentDeps, IncidentStore } from './ports.ts';
import type { TimelineEntry } from './timeline.ts';

export interface PagingDeps extends Pick<IncidentDeps, 'services' | 'clock' | 'newId'> {
  readonly store: IncidentStore & { entry(id: string): Promise<TimelineEntry | undefined> };
  /** Where the incident is worked on, when that is known already. */
  readonly linkTo: (incidentId: string) => Promise<string | undefined>;
}

/** How a page went; a refusal is for people to look at. */
export type PagingResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'reject'; readonly reason: string };

const DONE: PagingResult = { kind: 'done' };

/**
 * Pages the owners of an incident when they have to be, once: after an attempt whose end is not known, the page is
 * looked for before it is sent again.
 */
export async function pageOwners(
  deps: PagingDeps,
  pager: Pager,
  input: { readonly incidentId: string; readonly occasion: PageOccasion; readonly attempt: number },
): Promise<PagingResult> {
  const { store } = deps;
  const incident = await store.incident(input.incidentId);
  if (incident === undefined) return { kind: 'reject', reason: 'that incident is not in the database' };
  const [watch, known] = await Promise.all([
    store.watch(incident.service),
    store.entry(pagedEntryId(incident.id)),
  ]);
  const service = deps.services.get(incident.service);
  const decision = whoIsPaged({ incident, service, watch, isPaged: known !== undefined }, input.occasion);
  if (known === undefined && input.attempt > 1) {
    const found = await pager.find(pageKey(incident.id));
    if (found.kind !== 'ok') return resultOf(found);
    if (found.value !== undefined) {
      await recordPage(deps, incident.id, found.value);
      return isOpen(incident) || found.value.isResolved
        ? DONE
        : resultOf(await pager.resolve(found.value.id));
    }
  }
  if (decision.kind === 'nobody') return DONE;
  const { kind: _kind, ...to } = decision;
  const sent = await pager.page(pageOf(incident, to, await deps.linkTo(incident.id)));
  if (sent.kind !== 'ok') return resultOf(sent);
  await recordPage(deps, incident.id, sent.value);
  return DONE;
}

/** Resolves the page that aire sent about an incident, when there is one. */
export async function resolvePage(deps: PagingDeps, pager: Pager, incidentId: string): Promise<PagingResult> {
  const incident = await deps.store.incident(incidentId);
  // Reopened meanwhile: it is worked on again.
  if (incident === undefined || isOpen(incident)) return DONE;
  const owner = deps.services.get(incident.service)?.owners.pagerduty_service;
  const known = await deps.store.entry(pagedEntryId(incident.id));
  if (known === undefined && owner === undefined) return DONE;
  const found = await pager.find(pageKey(incident.id));
  if (found.kind !== 'ok') return resultOf(found);
  if (found.value === undefined || found.value.isResolved) return DONE;
  return resultOf(await pager.resolve(found.value.id));
}

function recordPage(deps: ChangeDeps, incidentId: string, page: PageReceipt): Promise<void> {
  return changeIncident<void>(deps, incidentId, (incident, context) => {
    const said = pagedEntry(context, incident, page);
    return { change: { timeline: [said], jobs: [say(said), ...refresh(incident.id)] }, result: undefined };
  });
}

function resultOf(answer: PagerAnswer<unknown>): PagingResult {
  switch (answer.kind) {
    case 'ok':
      return DONE;
    case 'refused':
      return { kind: 'reject', reason: answer.reason };
    case 'not_now':
    case 'ambiguous':
      return {
        kind: 'retry',
        reason: answer.reason,
        ...('afterMs' in answer && answer.afterMs !== undefined ? { afterMs: answer.afterMs } : {}),
      };
  }
}
