import { sql } from 'drizzle-orm';
import type { NewJob } from '../../verb.ts';
import type { Orm } from './database.ts';
import { jobs } from './tables.ts';

/** Payloads are read by the version that wrote them or the next; raised when a payload changes its shape. */
export const PAYLOAD_VERSION = 1;

/**
 * Inserts jobs with whatever the caller's transaction writes. A job that waits already under the same coalescing
 * key is locked and moved forward: it cannot be claimed before this transaction's state can be read.
 */
export async function insertJobs(tx: Orm, newJobs: readonly NewJob[], now: Date): Promise<void> {
  for (const job of newJobs) {
    const insert = tx.insert(jobs).values(jobRow(job, now));
    if (job.coalesce === true) {
      await insert.onConflictDoUpdate({
        target: jobs.key,
        targetWhere: sql`${jobs.key} is not null and ${jobs.coalesce} and ${jobs.state} = 'ready'`,
        set: { dueAt: sql`least(${jobs.dueAt}, excluded.due_at)` },
      });
    } else {
      await insert.onConflictDoNothing({
        target: jobs.key,
        where: sql`${jobs.key} is not null and not ${jobs.coalesce}`,
      });
    }
  }
}

export function jobRow(job: NewJob, now: Date) {
  return {
    kind: job.kind,
    lane: job.lane,
    key: job.key ?? null,
    coalesce: job.coalesce ?? false,
    payloadVersion: PAYLOAD_VERSION,
    payload: job.payload,
    state: 'ready' as const,
    dueAt: job.dueAt ?? now,
    attempts: 0,
    createdAt: now,
  };
}
