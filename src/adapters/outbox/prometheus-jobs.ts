import { z } from 'zod';
import type { Logger } from '../../log.ts';
import { type PollDeps, type PolledSource, pollPrometheus } from '../../signals/poll-prometheus.ts';
import { gridBefore } from '../../signals/polled-points.ts';
import type { NewJob } from '../../verb.ts';
import { failing, noteFailure, recurringJob } from './recurring.ts';
import { DONE, type JobHandler } from './worker.ts';

/** What has given nothing for so many polls is silent. */
const SILENT_AFTER = 3;

export interface PrometheusJobDeps extends PollDeps {
  readonly source: (service: string) => PolledSource | undefined;
  readonly enqueue: (job: NewJob) => Promise<void>;
  readonly log: Logger;
  readonly observe: (service: string, outcome: string) => void;
}

const state = z.object({
  service: z.string(),
  failing: failing.optional(),
  /** The SLIs that are known to be silent. */
  silent: z.array(z.string()).default([]),
  warning: z.string().optional(),
});

/** The poll of a service's Prometheus at `url`. */
export function prometheusPoll(
  service: string,
  url: string,
  dueAt: Date,
  memory: Omit<z.input<typeof state>, 'service'> = {},
): NewJob {
  return recurringJob('prometheus.poll', { of: service, url, dueAt }, { service, ...memory });
}

/** The job that polls a service's Prometheus, and asks for the next poll. */
export function prometheusJobs(deps: PrometheusJobDeps): ReadonlyMap<string, JobHandler> {
  const { clock, log } = deps;
  return new Map<string, JobHandler>([
    [
      // Idempotent: a moment is stored once under its own id, and only one poll waits.
      'prometheus.poll',
      async ({ payload }, { signal }) => {
        const before = state.parse(payload);
        const { service } = before;
        const source = deps.source(service);
        if (source === undefined || Object.keys(source.queries).length === 0) return DONE;
        const polled = await pollPrometheus(deps, service, source, signal);
        for (const outcome of polled.outcomes.values()) deps.observe(service, outcome);
        const now = clock.now();
        const failure = noteFailure(
          log,
          { source: `Prometheus of ${service}` },
          before.failing,
          polled.failed,
          now,
        );
        const oldest = now.getTime() - SILENT_AFTER * source.every;
        const silent = Object.keys(source.queries).filter(
          (sli) => (polled.newest.get(sli)?.getTime() ?? 0) < oldest,
        );
        const fresh = silent.filter((sli) => !before.silent.includes(sli));
        if (fresh.length > 0 && failure === undefined)
          log.warn({ service, slis: fresh }, 'queries of Prometheus give no data');
        if (polled.warning !== undefined && before.warning === undefined)
          log.warn({ service, warning: polled.warning }, 'Prometheus warns of its own answer');
        const next = new Date(gridBefore(now, source.every).getTime() + source.every);
        await deps.enqueue(
          prometheusPoll(service, source.url, next, {
            silent: failure === undefined ? silent : before.silent,
            ...(failure === undefined ? {} : { failing: failure }),
            ...(polled.warning === undefined ? {} : { warning: polled.warning }),
          }),
        );
        return DONE;
      },
    ],
  ]);
}
