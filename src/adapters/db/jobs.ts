import { sql } from 'drizzle-orm';
import type { NewJob } from '../../verb.ts';
import type { Transaction } from './database.ts';
import { storable } from './document.ts';
import { recordset } from './recordset.ts';
import { jobs } from './tables.ts';
import { inserting } from './write-rows.ts';

/** Payloads are read by the version that wrote them or the next; raised when a payload changes its shape. */
export const PAYLOAD_VERSION = 1;

const insert = inserting(jobs, jobs.key);

/**
 * Inserts jobs with whatever the caller's transaction writes. A job that waits already under the same coalescing
 * key is locked and moved forward: it cannot be claimed before this transaction's state can be read.
 */
export async function insertJobs(tx: Transaction, newJobs: readonly NewJob[], now: Date): Promise<void> {
  let rows = coalesced(newJobs.map((job) => jobRow(job, now)));
  // A second round only for jobs that waited when they were to be inserted and ran when they were to be locked.
  while (rows.length > 0) {
    const inserted = await tx.often(insert(rows));
    const fresh = new Set(inserted.map(({ key }) => key));
    const others = rows.filter(({ coalesce, key }) => coalesce && !fresh.has(key));
    const waiting = await moveForward(tx, others);
    rows = others.filter(({ key }) => !waiting.has(key));
  }
}

type JobRow = ReturnType<typeof jobRow>;

/**
 * Locks the jobs that wait under the keys of these, so that nobody can claim them until the transaction is over, and
 * makes each due as early as the one given. Answers with their keys.
 */
async function moveForward(tx: Transaction, rows: readonly JobRow[]): Promise<ReadonlySet<unknown>> {
  if (rows.length === 0) return new Set();
  const given = rows.map(({ key, dueAt }) => ({ key, due_at: dueAt }));
  const waiting = await tx.often(sql`
    with given as (
      select * from json_to_recordset(${recordset(given)}) as g (key text, due_at timestamptz)
    ), waiting as (
      select j.id, j.key, j.due_at from ${jobs} j
      where j.key = any (array(select key from given)) and j.key is not null and j.coalesce and j.state = 'ready'
      order by j.key for update
    ), moved as (
      update ${jobs} j set due_at = g.due_at from waiting w join given g using (key)
      where j.id = w.id and g.due_at < w.due_at
    )
    select key from waiting`);
  return new Set(waiting.map(({ key }) => key));
}

/** Of coalescing jobs with one key only the first, as early as the earliest of them. */
function coalesced(given: readonly JobRow[]): readonly JobRow[] {
  const kept: JobRow[] = [];
  for (const row of given) {
    const place = kept.findIndex((each) => row.coalesce && each.coalesce && each.key === row.key);
    const known = kept[place];
    if (known === undefined) kept.push(row);
    else if (row.dueAt < known.dueAt) kept[place] = row;
  }
  return kept;
}

function jobRow(job: NewJob, now: Date) {
  return {
    kind: job.kind,
    lane: job.lane,
    // As the database will tell it, since keys are compared.
    key: job.key === undefined ? null : storable(job.key),
    coalesce: job.coalesce ?? false,
    payloadVersion: PAYLOAD_VERSION,
    payload: job.payload,
    state: 'ready' as const,
    dueAt: job.dueAt ?? now,
    attempts: 0,
    createdAt: now,
  };
}
