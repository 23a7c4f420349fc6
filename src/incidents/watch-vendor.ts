import type { Playbook } from '../runbooks/schema.ts';
import type { Vendor } from '../services/schema.ts';
import type { DeliveryStore } from '../signals/ports.ts';
import { evaluateJob } from '../signals/receive-delivery.ts';
import type { Alert } from '../signals/signal.ts';
import type { Clock } from '../time.ts';
import { describeReading, type StatusPages, type VendorReading } from './vendor-status.ts';

const SOURCE = 'vendor';
/** The documented trigger that a vendor's outage stands for, where the playbook has it. */
export const VENDOR_TRIGGER = 'vendor';

export interface WatchVendorDeps {
  readonly store: DeliveryStore;
  readonly playbook: Playbook;
  readonly clock: Clock;
  readonly pages: StatusPages;
  /** What a source said last of an alert. */
  readonly newestAlert: (
    source: string,
    service: string,
    key: string,
    now: Date,
  ) => Promise<Alert | undefined>;
}

/**
 * Reads a vendor's status page; an outage, and its end, become alerts of the service. What stands in the database says
 * whether it is news, so that two readers tell it once.
 *
 * @throws AppError `database_unavailable`.
 */
export async function watchVendor(
  { store, playbook, clock, pages, newestAlert }: WatchVendorDeps,
  service: string,
  vendor: Vendor,
  signal: AbortSignal,
): Promise<VendorReading> {
  const reading = await pages.read(vendor.status, signal);
  const now = clock.now();
  const last = await newestAlert(SOURCE, service, keyOf(vendor.name), now);
  const trigger = playbook.triggers[VENDOR_TRIGGER] === undefined ? undefined : VENDOR_TRIGGER;
  const alert = vendorAlert({ service, vendor: vendor.name, last, trigger, now }, reading);
  if (alert !== undefined)
    await store.storeDelivery(
      { source: SOURCE, id: alert.id, receivedAt: now },
      [alert],
      [evaluateJob(service)],
    );
  return reading;
}

/**
 * The alert that a reading makes: firing while the page reports `major` or `critical`, resolved when it no longer does.
 * Undefined when that is known, and for a page that can't be read, which says nothing.
 */
export function vendorAlert(
  about: {
    readonly service: string;
    readonly vendor: string;
    /** What was told of it last. */
    readonly last: Alert | undefined;
    readonly trigger: string | undefined;
    readonly now: Date;
  },
  reading: VendorReading,
): Alert | undefined {
  const { service, vendor, last, trigger, now } = about;
  if (reading.kind === 'unreadable') return undefined;
  const { indicator, url } = reading;
  const isOutage = indicator === 'major' || indicator === 'critical';
  const wasOutage = last?.status === 'firing';
  if (isOutage ? wasOutage && last.labels.indicator === indicator : !wasOutage) return undefined;
  return {
    type: 'alert',
    id: `${service}:${vendor}:${indicator}:${now.toISOString()}`,
    source: SOURCE,
    service,
    at: now,
    labels: { vendor, indicator },
    key: keyOf(vendor),
    status: isOutage ? 'firing' : 'resolved',
    title: describeReading(vendor, reading),
    ...(url === undefined ? {} : { url }),
    ...(trigger === undefined ? {} : { trigger, withoutValue: 'trust' }),
  };
}

function keyOf(vendor: string): string {
  return `vendor:${vendor}`;
}
