import { z } from 'zod';
import { lookAtVendors } from '../../incidents/record-vendor-status.ts';
import type { StatusPages } from '../../incidents/vendor-status.ts';
import type { JobHandler } from './worker.ts';

const ofIncident = z.object({ incidentId: z.string() });

/** The job that reads vendors' status pages. */
export function vendorJobs(
  deps: Parameters<typeof lookAtVendors>[0],
  pages: StatusPages,
): ReadonlyMap<string, JobHandler> {
  return new Map<string, JobHandler>([
    [
      // Idempotent: reading changes nothing at the vendor, and what is known already is not written again.
      'incident.read_vendors',
      async ({ payload, attempt }, { signal }) =>
        lookAtVendors(deps, pages, { ...ofIncident.parse(payload), attempt, signal }),
    ],
  ]);
}
