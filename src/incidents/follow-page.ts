import type { AlertStatus } from '../signals/signal.ts';
import type { NewJob } from '../verb.ts';
import { type ChangeDeps, changeIncident } from './change-incident.ts';
import { type Actor, type Incident, isOpen } from './incident.ts';
import { refresh, say } from './jobs.ts';
import type { PageReceipt } from './pager.ts';
import { pagedEntry } from './paging.ts';
import type { IncidentChange } from './ports.ts';
import { type EntryContext, entry } from './timeline.ts';

/** What PagerDuty says of a page that aire sent. */
export interface PageUpdate {
  readonly incidentId: string;
  readonly status: AlertStatus;
  readonly at: Date;
  /** The vendor's own id of what it says, so that it is taken once. */
  readonly eventId: string;
  readonly page: PageReceipt;
  /** Who did it, as the vendor calls them. */
  readonly by?: string;
}

/** An update of a page is followed outside the delivery that brought it. */
export function followPageJob(update: PageUpdate): NewJob {
  const { incidentId, eventId } = update;
  return {
    kind: 'incident.follow_page',
    lane: `incident-page-updates:${incidentId}`,
    key: `follow-page:${eventId}`,
    payload: { ...update },
  };
}

/**
 * A page's news goes to its incident: that it rings, that somebody has it, that it is resolved (design §6). It never
 * declares, proposes or resolves anything. False when no incident of that id is known.
 */
export async function followPage(deps: ChangeDeps, update: PageUpdate): Promise<boolean> {
  if ((await deps.store.incident(update.incidentId)) === undefined) return false;
  await changeIncident<void>(deps, update.incidentId, (incident, context) => ({
    change: pageUpdate(incident, update, context),
    result: undefined,
  }));
  return true;
}

function pageUpdate(incident: Incident, update: PageUpdate, context: EntryContext): IncidentChange {
  const linked = pagedEntry(context, incident, update.page);
  if (update.status === 'firing') return { timeline: [linked], jobs: [say(linked), ...refresh(incident.id)] };

  const by = update.by === undefined ? '' : ` by ${update.by}`;
  const vendor: Actor = { kind: 'system', name: 'pagerduty' };
  const isAcknowledged = update.status === 'acknowledged';
  const said = {
    ...entry(
      context,
      incident,
      vendor,
      isAcknowledged ? 'acknowledged' : 'page_resolved',
      isAcknowledged ? `Acknowledged at PagerDuty${by}.` : `The page was resolved at PagerDuty${by}.`,
      {
        ...(update.page.url === undefined ? {} : { url: update.page.url }),
        onceKey: `page:${update.eventId}`,
      },
    ),
    id: `ent_page_${update.eventId}`,
    at: update.at,
  };
  const isFirst = isAcknowledged && isOpen(incident) && incident.acknowledgedAt === undefined;
  return {
    // A page can't be acknowledged before the incident it is about, whatever the clocks say.
    incidents: isFirst
      ? [{ ...incident, acknowledgedAt: update.at < incident.declaredAt ? incident.declaredAt : update.at }]
      : [],
    timeline: [linked, said],
    // When the incident is over, aire itself resolved the page: nothing new for its channel.
    jobs: [say(linked), ...(isOpen(incident) ? [say(said)] : []), ...refresh(incident.id)],
  };
}
