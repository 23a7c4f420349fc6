import { z } from 'zod';
import { lookAtVendors } from '../../incidents/record-vendor-status.ts';
import type { StatusPages, VendorReading } from '../../incidents/vendor-status.ts';
import { type WatchVendorDeps, watchVendor } from '../../incidents/watch-vendor.ts';
import type { Logger } from '../../log.ts';
import type { Vendor } from '../../services/schema.ts';
import { gridBefore } from '../../signals/polled-points.ts';
import type { NewJob } from '../../verb.ts';
import { type Failing, failing, noteFailure, recurringJob } from './recurring.ts';
import { DONE, type JobHandler } from './worker.ts';

const ofIncident = z.object({ incidentId: z.string() });

const poll = z.object({ service: z.string(), vendor: z.string(), failing: failing.optional() });

/** The reading of a vendor's status page for a service. */
export function vendorPoll(service: string, { name, status }: Vendor, dueAt: Date, before?: Failing): NewJob {
  return recurringJob(
    'vendor.poll',
    { of: `${service}:${name}`, url: status, dueAt },
    { service, vendor: name, ...(before === undefined ? {} : { failing: before }) },
  );
}

/** The job that reads a vendor's status page from time to time, whether or not there is an incident. */
export function vendorPolls(
  deps: WatchVendorDeps & {
    readonly vendors: (service: string) => readonly Vendor[];
    /** Tells the open incidents of a service what was read. */
    readonly follow: (service: string, vendor: string, reading: VendorReading) => Promise<void>;
    readonly enqueue: (job: NewJob) => Promise<void>;
    readonly log: Logger;
    readonly observe: (service: string, outcome: 'ok' | 'failed') => void;
  },
): ReadonlyMap<string, JobHandler> {
  return new Map<string, JobHandler>([
    [
      // Idempotent: a status is told when it differs from what is known, and only one reading waits.
      'vendor.poll',
      async ({ payload }, { signal }) => {
        const { service, vendor: name, failing: before } = poll.parse(payload);
        const vendor = deps.vendors(service).find((each) => each.name === name);
        if (vendor === undefined || vendor.every === 'off') return DONE;
        const reading = await watchVendor(deps, service, vendor, signal);
        await deps.follow(service, name, reading);
        deps.observe(service, reading.kind === 'read' ? 'ok' : 'failed');
        const now = deps.clock.now();
        const reason = reading.kind === 'read' ? undefined : reading.why;
        const failure = noteFailure(deps.log, { source: `${name} of ${service}` }, before, reason, now);
        const next = new Date(gridBefore(now, vendor.every).getTime() + vendor.every);
        await deps.enqueue(vendorPoll(service, vendor, next, failure));
        return DONE;
      },
    ],
  ]);
}

/** The job that reads vendors' status pages for an incident. */
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
