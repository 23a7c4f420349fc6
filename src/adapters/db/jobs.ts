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
  for (const run of runsOf(newJobs)) {
    const insert = tx.insert(jobs).values(run.map((job) => jobRow(job, now)));
    if (run[0]?.coalesce === true) {
      await insert.onConflictDoUpdate({
        target: jobs.key,
        targetWhere: sql`${jobs.key} is not null and ${jobs.coalesce} and ${jobs.state} = 'ready'`,
        set: { dueAt: sql`excluded.due_at` },
        setWhere: sql`excluded.due_at < ${jobs.dueAt}`,
      });
    } else {
      await insert.onConflictDoNothing({
        target: jobs.key,
        where: sql`${jobs.key} is not null and not ${jobs.coalesce}`,
      });
    }
  }
}

/** Neighbours that one statement can insert, in the order in which they were asked for: a statement coalesces a key once. */
function runsOf(newJobs: readonly NewJob[]): readonly NewJob[][] {
  const coalesces = (job: NewJob): boolean => job.coalesce === true;
  const runs: NewJob[][] = [];
  for (const job of newJobs) {
    const run = runs.at(-1);
    const joins = run?.every(
      (each) => coalesces(each) === coalesces(job) && !(coalesces(job) && each.key === job.key),
    );
    if (run !== undefined && joins === true) run.push(job);
    else runs.push([job]);
  }
  return runs;
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
