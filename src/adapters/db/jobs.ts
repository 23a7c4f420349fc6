import { and, eq, isNotNull } from 'drizzle-orm';
import type { NewJob } from '../../verb.ts';
import type { Orm } from './database.ts';
import { isOneOf } from './recordset.ts';
import { jobs } from './tables.ts';

/** Payloads are read by the version that wrote them or the next; raised when a payload changes its shape. */
export const PAYLOAD_VERSION = 1;

/**
 * Inserts jobs with whatever the caller's transaction writes. A job that waits already under the same coalescing
 * key is locked and moved forward: it cannot be claimed before this transaction's state can be read.
 */
export async function insertJobs(tx: Orm, newJobs: readonly NewJob[], now: Date): Promise<void> {
  let rows = coalesced(newJobs).map((job) => jobRow(job, now));
  // A second round only for jobs that waited when they were to be inserted and ran when they were to be locked.
  while (rows.length > 0) {
    const inserted = await tx
      .insert(jobs)
      .values(rows)
      .onConflictDoNothing()
      .returning({ key: jobs.key })
      // At once: who waits for a query builder sends it only in the next turn, after what was to follow.
      .execute();
    const fresh = new Set(inserted.map(({ key }) => key));
    const others = rows.filter((row) => row.coalesce && !fresh.has(row.key));
    const waiting = await lockWaiting(tx, others);
    for (const row of others) {
      const due = waiting.get(row.key ?? '');
      if (due !== undefined && row.dueAt < due.dueAt)
        await tx.update(jobs).set({ dueAt: row.dueAt }).where(eq(jobs.id, due.id));
    }
    rows = others.filter((row) => !waiting.has(row.key ?? ''));
  }
}

/** The jobs that wait under these keys, which nobody can claim until the transaction is over. */
async function lockWaiting(
  tx: Orm,
  rows: readonly { key: string | null }[],
): Promise<ReadonlyMap<string, { id: number; dueAt: Date }>> {
  const keys = rows.flatMap(({ key }) => key ?? []);
  if (keys.length === 0) return new Map();
  const found = await tx
    .select({ id: jobs.id, key: jobs.key, dueAt: jobs.dueAt })
    .from(jobs)
    .where(and(isOneOf(jobs.key, keys), isNotNull(jobs.key), jobs.coalesce, eq(jobs.state, 'ready')))
    .orderBy(jobs.key)
    .for('update');
  return new Map(found.map(({ key, ...job }) => [key ?? '', job]));
}

/** Of coalescing jobs with one key only the first, as early as the earliest of them. */
function coalesced(newJobs: readonly NewJob[]): readonly NewJob[] {
  const kept: NewJob[] = [];
  for (const job of newJobs) {
    const place = kept.findIndex((each) => job.coalesce === true && each.coalesce && each.key === job.key);
    const known = kept[place];
    if (known === undefined) kept.push(job);
    else if (dueBefore(job, known)) kept[place] = job;
  }
  return kept;
}

/** Without a time a job is due at once. */
function dueBefore(job: NewJob, other: NewJob): boolean {
  return other.dueAt !== undefined && (job.dueAt === undefined || job.dueAt < other.dueAt);
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
