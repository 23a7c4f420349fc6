import { z } from 'zod';
import type { Logger } from '../../log.ts';
import type { NewJob } from '../../verb.ts';

/** The kinds of job that ask for themselves again, one for each thing that is read or started from time to time. */
export const RECURRING = ['prometheus.poll', 'vendor.poll', 'evals.run'] as const;
export type Recurring = (typeof RECURRING)[number];

/** Since when something does not answer. It stands in the job that waits, so that restarts and replicas know it. */
export const failing = z.object({ since: z.date(), reason: z.string() });
export type Failing = z.output<typeof failing>;

/**
 * The next run of a recurring job. One waits for each `of`: replicas and restarts that ask for it too only bring it
 * forward, and what stands in it stays. What goes to one host is one lane: when that hangs, it holds up one worker.
 */
export function recurringJob(
  kind: Recurring,
  { of, url, dueAt }: { readonly of: string; readonly url: string; readonly dueAt: Date },
  payload: Readonly<Record<string, unknown>>,
): NewJob {
  return {
    kind,
    lane: `${kind}:${new URL(url).host}`,
    key: `${kind}:${of}`,
    coalesce: true,
    dueAt,
    payload,
  };
}

/** What is remembered of a failure; a change from one state to the other is in the log once. */
export function noteFailure(
  log: Logger,
  what: object,
  before: Failing | undefined,
  reason: string | undefined,
  now: Date,
): Failing | undefined {
  if (reason === undefined) {
    if (before !== undefined) log.info(what, 'a source answers again');
    return undefined;
  }
  if (before === undefined) log.warn({ ...what, reason }, 'a source does not answer');
  return { since: before?.since ?? now, reason };
}
