import { z } from 'zod';
import type { ChangeDeps } from '../../incidents/change-incident.ts';
import { followPage } from '../../incidents/follow-page.ts';
import { type PagingDeps, pageOwners, resolvePage } from '../../incidents/page-owners.ts';
import { type Pager, pageKey } from '../../incidents/pager.ts';
import { PAGE_OCCASIONS } from '../../incidents/paging.ts';
import type { Logger } from '../../log.ts';
import { DONE, type JobHandler } from './worker.ts';

const ofIncident = z.object({ incidentId: z.string() });
const ofPage = z.object({ incidentId: z.string(), occasion: z.enum(PAGE_OCCASIONS) });
const update = z.object({
  incidentId: z.string(),
  status: z.enum(['firing', 'acknowledged', 'resolved']),
  at: z.date(),
  eventId: z.string(),
  page: z.object({
    id: z.string(),
    service: z.string(),
    url: z.string().exactOptional(),
    isResolved: z.boolean(),
  }),
  by: z.string().exactOptional(),
});

/** The jobs that page owners, and that hear of those pages. Without a pager nobody is paged. */
export function pagingJobs(
  deps: PagingDeps & ChangeDeps & { readonly pager: Pager | undefined; readonly log: Logger },
): ReadonlyMap<string, JobHandler> {
  const { pager } = deps;
  const handlers: readonly (readonly [string, JobHandler])[] = [
    [
      // Idempotent: one page a key at the pager, one entry a page here.
      'incident.page',
      async ({ payload, attempt }) =>
        pager === undefined ? DONE : pageOwners(deps, pager, { ...ofPage.parse(payload), attempt }),
    ],
    [
      // Idempotent: what is resolved is left alone.
      'incident.resolve_page',
      async ({ payload }) =>
        pager === undefined ? DONE : resolvePage(deps, pager, ofIncident.parse(payload).incidentId),
    ],
    [
      // Idempotent: each update is an entry under its own key.
      'incident.follow_page',
      async ({ payload }) => {
        const read = update.parse(payload);
        if (!(await followPage(deps, read))) {
          deps.log.warn(
            { page: read.page.id, key: pageKey(read.incidentId) },
            'PagerDuty spoke of a page of an incident that is not known here; it was ignored',
          );
        }
        return DONE;
      },
    ],
  ];
  return new Map(handlers);
}
