import { z } from 'zod';
import { dueEvalRun, nextEvalLook, type StartEvals } from '../../incidents/eval-runs.ts';
import type { Logger } from '../../log.ts';
import type { EvalsHook } from '../../signals/polling-schema.ts';
import { type Clock, HOUR, MINUTE } from '../../time.ts';
import type { NewJob } from '../../verb.ts';
import { failing, noteFailure, recurringJob } from './recurring.ts';
import { DONE, type JobHandler } from './worker.ts';

/** A run that could not be started is tried again so soon; its key stays the same. */
const TRY_AGAIN = MINUTE;
/** After this the next scheduled run says as much. */
const TOO_LATE = HOUR;

const state = z.object({ service: z.string(), last: z.date().optional(), failing: failing.optional() });
const suspicion = z.object({ service: z.string(), at: z.date(), samples: z.number() });

/** The look whether a service's evals are to be run. */
export function evalsLook(
  service: string,
  url: string,
  dueAt: Date,
  memory: Omit<z.input<typeof state>, 'service'> = {},
): NewJob {
  return recurringJob('evals.run', { of: service, url, dueAt }, { service, ...memory });
}

/** The jobs that start evals: by the clock, and when something is suspected. */
export function evalsJobs(deps: {
  readonly hook: (service: string) => EvalsHook | undefined;
  readonly start: StartEvals;
  readonly openIncidents: (service: string) => Promise<readonly unknown[]>;
  readonly enqueue: (job: NewJob) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observe: (service: string, outcome: 'ok' | 'failed') => void;
}): ReadonlyMap<string, JobHandler> {
  const { clock, log } = deps;
  return new Map<string, JobHandler>([
    [
      // Idempotent: each try of a run carries its key, and only one look waits.
      'evals.run',
      async ({ payload }) => {
        const { service, last, failing: before } = state.parse(payload);
        const hook = deps.hook(service);
        if (hook === undefined) return DONE;
        const hasOpenIncident = (await deps.openIncidents(service)).length > 0;
        const now = clock.now();
        const run = dueEvalRun(service, hook, hasOpenIncident, last, now);
        const answer = run === undefined ? undefined : await deps.start(hook.run, run);
        if (answer !== undefined) deps.observe(service, answer.kind === 'started' ? 'ok' : 'failed');
        const failure =
          answer === undefined
            ? undefined
            : noteFailure(
                log,
                { source: `evals hook of ${service}` },
                before,
                answer.kind === 'failed' ? answer.reason : undefined,
                now,
              );
        const done = answer?.kind === 'started' ? run?.at : last;
        const soon = new Date(now.getTime() + TRY_AGAIN);
        const next = nextEvalLook(hook, now);
        await deps.enqueue(
          evalsLook(service, hook.run.url, failure !== undefined && soon < next ? soon : next, {
            ...(done === undefined ? {} : { last: done }),
            ...(failure === undefined ? {} : { failing: failure }),
          }),
        );
        return DONE;
      },
    ],
    [
      // Idempotent: each try carries the key of its suspicion.
      'evals.suspected',
      async ({ payload }) => {
        const { service, at, samples } = suspicion.parse(payload);
        const hook = deps.hook(service);
        if (hook === undefined || clock.now().getTime() - at.getTime() > TOO_LATE) return DONE;
        const answer = await deps.start(hook.run, { service, reason: 'suspected', at, samples });
        deps.observe(service, answer.kind === 'started' ? 'ok' : 'failed');
        return answer.kind === 'started' ? DONE : { kind: 'retry', reason: answer.reason };
      },
    ],
  ]);
}
