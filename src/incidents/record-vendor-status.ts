import { SECOND } from '../time.ts';
import { startAutoSteps } from './auto-steps.ts';
import { type ChangeDeps, changeIncident } from './change-incident.ts';
import { AIRE, type Fact, isOpen } from './incident.ts';
import { showCard } from './jobs.ts';
import type { IncidentDeps } from './ports.ts';
import { entry } from './timeline.ts';
import {
  describeReading,
  type StatusPages,
  UNREADABLE,
  type VendorReading,
  vendorFact,
} from './vendor-status.ts';

/** The waits between three tries: with 5 s for each they end within a minute, before aire calls itself stuck. */
const WAITS: readonly number[] = [10 * SECOND, 20 * SECOND];

/** Whether a status page is to be tried again. */
export type VendorsResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number };

/** Reads the status pages of an open incident's service (reference §E); what three tries can't read is unreadable. */
export async function lookAtVendors(
  deps: ChangeDeps & Pick<IncidentDeps, 'services'>,
  pages: StatusPages,
  input: { readonly incidentId: string; readonly attempt: number; readonly signal: AbortSignal },
): Promise<VendorsResult> {
  const { incidentId, attempt, signal } = input;
  const incident = await deps.store.incident(incidentId);
  const vendors = incident === undefined ? [] : (deps.services.get(incident.service)?.vendors ?? []);
  if (incident === undefined || !isOpen(incident) || vendors.length === 0) return { kind: 'done' };
  const readings = new Map(
    await Promise.all(
      vendors.map(async ({ name, status }) => [name, await pages.read(status, signal)] as const),
    ),
  );
  const afterMs = WAITS[attempt - 1];
  const failed = [...readings].filter(([, reading]) => reading.kind === 'unreadable');
  if (failed.length === 0 || afterMs === undefined) {
    await recordVendorStatus(deps, incidentId, readings);
    return { kind: 'done' };
  }
  const read = [...readings].filter(([, reading]) => reading.kind === 'read');
  await recordVendorStatus(deps, incidentId, new Map(read));
  return {
    kind: 'retry',
    reason: failed.map(([name, reading]) => describeReading(name, reading)).join('; '),
    afterMs,
  };
}

/**
 * What a poll read becomes a fact of the service's open incidents to which it is new. A page that can't be read says
 * nothing: what is known stays.
 *
 * @throws AppError `conflict`.
 */
export async function followVendor(
  deps: ChangeDeps,
  service: string,
  vendor: string,
  reading: VendorReading,
): Promise<void> {
  if (reading.kind === 'unreadable') return;
  for (const { id, facts } of await deps.store.openIncidents(service)) {
    const known = facts[vendorFact(vendor)];
    const read = factOf(vendor, reading, deps.clock.now());
    if (known?.value !== read.value || known.detail !== read.detail || known.url !== read.url)
      await recordVendorStatus(deps, id, new Map([[vendor, reading]]));
  }
}

/**
 * What the status pages say becomes facts `vendor_<name>`; on the timeline only trouble, what can't be read, and the end
 * of either. Steps that waited for such a fact start. What an answered step says of a vendor stays, and an incident that
 * is over keeps what was known.
 *
 * @throws AppError `not_found`, `conflict`.
 */
export function recordVendorStatus(
  deps: ChangeDeps,
  incidentId: string,
  readings: ReadonlyMap<string, VendorReading>,
): Promise<void> {
  return changeIncident<void>(deps, incidentId, (incident, context) => {
    if (!isOpen(incident)) return { change: undefined, result: undefined };
    const untold = [...readings].filter(
      ([name]) => incident.facts[vendorFact(name)]?.from.startsWith('step:') !== true,
    );
    if (untold.length === 0) return { change: undefined, result: undefined };
    const read = untold.map(([name, reading]) => ({
      name,
      reading,
      fact: factOf(name, reading, context.now),
    }));
    const told = Object.fromEntries(read.map(({ name, fact }) => [vendorFact(name), fact]));
    const next = startAutoSteps({ ...incident, facts: { ...incident.facts, ...told } }, context);
    const timeline = read
      .filter(({ name, fact }) => isNews(incident.facts[vendorFact(name)], fact))
      .map(({ name, reading, fact }) =>
        entry(context, incident, AIRE, 'fact_set', describeReading(name, reading), {
          data: { fact: vendorFact(name), value: fact.value },
          ...(fact.url === undefined ? {} : { url: fact.url }),
        }),
      );
    return {
      change: { incidents: [next.incident], timeline, jobs: [showCard(incident.id), ...next.jobs] },
      result: undefined,
    };
  });
}

function factOf(name: string, reading: VendorReading, at: Date): Fact {
  const from = `vendor:${name}`;
  if (reading.kind === 'unreadable') return { value: UNREADABLE, from, at, detail: reading.why };
  const { indicator, description, url } = reading;
  return { value: indicator, from, at, detail: description, ...(url === undefined ? {} : { url }) };
}

/** Nobody knowing yet and no trouble are the same to a reader of the timeline. */
function isNews(before: Fact | undefined, now: Fact): boolean {
  const was = before?.value ?? 'none';
  return was !== now.value || (now.value !== 'none' && before?.detail !== now.detail);
}
