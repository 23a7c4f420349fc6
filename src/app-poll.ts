import type { createDeliveryStore } from './adapters/db/delivery-store.ts';
import type { Stores } from './adapters/db/stores.ts';
import type { Metrics } from './adapters/metrics/metrics.ts';
import { evalsJobs, evalsLook } from './adapters/outbox/evals-jobs.ts';
import { prometheusJobs, prometheusPoll } from './adapters/outbox/prometheus-jobs.ts';
import { vendorPoll, vendorPolls } from './adapters/outbox/vendor-jobs.ts';
import type { JobHandler } from './adapters/outbox/worker.ts';
import { createRangeReader } from './adapters/prometheus/query-range.ts';
import type { Catalogue } from './catalogue/load-catalogue.ts';
import type { StartEvals } from './incidents/eval-runs.ts';
import { followVendor } from './incidents/record-vendor-status.ts';
import type { StepReaders } from './incidents/step-ports.ts';
import type { StatusPages } from './incidents/vendor-status.ts';
import type { Logger } from './log.ts';
import type { Clock } from './time.ts';
import { rulesOf } from './triggers/overrides.ts';
import type { NewJob } from './verb.ts';

interface PollingDeps {
  readonly services: Catalogue['services'];
  readonly playbook: Catalogue['playbook'];
  readonly pages: StatusPages;
  readonly startEvals: StartEvals;
  readonly store: Stores;
  readonly deliveries: ReturnType<typeof createDeliveryStore>;
  readonly read: StepReaders['read'];
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly log: Logger;
}

/** The jobs that read or start something from time to time. */
export function pollingJobs(deps: PollingDeps): ReadonlyMap<string, JobHandler> {
  const { services, playbook, store, deliveries, metrics, clock, newId, log } = deps;
  const { enqueue, newestMeasurements, newestAlert } = store;
  return new Map([
    ...prometheusJobs({
      store: deliveries,
      services,
      clock,
      log,
      enqueue,
      newestMeasurements,
      queryRange: createRangeReader(deps.read),
      source: (service) => {
        const known = services.get(service);
        if (known?.sources.prometheus === undefined) return undefined;
        const addsUp = Object.values(rulesOf(playbook, known)).flatMap(({ slis }) =>
          Object.keys(slis).filter((sli) => slis[sli]?.spike !== undefined),
        );
        return { ...known.sources.prometheus, slices: known.baseline.slices ?? [], addsUp };
      },
      observe: (service, outcome) => metrics.poll('prometheus', service, outcome),
    }),
    ...vendorPolls({
      store: deliveries,
      playbook,
      clock,
      log,
      enqueue,
      newestAlert,
      pages: deps.pages,
      follow: (service, vendor, reading) => followVendor({ store, clock, newId }, service, vendor, reading),
      vendors: (service) => services.get(service)?.vendors ?? [],
      observe: (service, outcome) => metrics.poll('vendor', service, outcome),
    }),
    ...evalsJobs({
      start: deps.startEvals,
      openIncidents: store.openIncidents,
      enqueue,
      clock,
      log,
      hook: (service) => services.get(service)?.evals,
      observe: (service, outcome) => metrics.poll('evals', service, outcome),
    }),
  ]);
}

/** What must be waiting from the start on. What waits already is brought forward. */
export function firstPolls(services: Catalogue['services'], now: Date): readonly NewJob[] {
  return services
    .all()
    .flatMap(({ service, sources: { prometheus }, vendors, evals }) => [
      ...(prometheus === undefined || Object.keys(prometheus.queries).length === 0
        ? []
        : [prometheusPoll(service, prometheus.url, now)]),
      ...vendors.flatMap((vendor) => (vendor.every === 'off' ? [] : [vendorPoll(service, vendor, now)])),
      ...(evals === undefined ? [] : [evalsLook(service, evals.run.url, now)]),
    ]);
}
