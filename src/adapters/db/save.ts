import { and, eq } from 'drizzle-orm';
import type { PgColumn, PgInsertValue, PgTable, PgUpdateSetSource } from 'drizzle-orm/pg-core';
import type { PostmortemChange } from '../../postmortems/ports.ts';
import { type Database, isLostRace, type Orm } from './database.ts';
import { insertJobs } from './jobs.ts';
import {
  actionItemRow,
  goldenCaseRow,
  incidentRow,
  installationRow,
  mitigationRow,
  proposalRow,
} from './rows.ts';
import {
  actionItems,
  goldenCases,
  incidents,
  installation,
  mitigations,
  postmortems,
  proposals,
  snapshots,
  timeline,
  watches,
} from './tables.ts';

/** Everything any verb may write. */
export type AnyChange = PostmortemChange;

/** The key of the one row of `installation`. */
const THE_ROW = 'this';

class Conflict extends Error {}

/**
 * Writes a change in one transaction. Each entity must still have the version it was loaded with (0: must not
 * exist yet); otherwise nothing is written and the answer is `conflict`. `onSaved` is called after commit with
 * the kinds of its jobs, if there are any.
 */
export async function saveChange(
  database: Database,
  change: AnyChange,
  now: Date,
  onSaved: (kinds: readonly string[]) => void,
): Promise<'saved' | 'conflict'> {
  try {
    await database.orm.transaction(async (tx) => writeAll(tx, change, now));
  } catch (error) {
    // The database can also say that somebody was faster: the same declaration, the same request, a deadlock over jobs.
    if (error instanceof Conflict || isLostRace(error)) return 'conflict';
    throw error;
  }
  const { jobs = [] } = change;
  if (jobs.length > 0) onSaved(jobs.map(({ kind }) => kind));
  return 'saved';
}

/**
 * Sends every statement before the first has answered, in this order; none may be under way when the transaction ends.
 *
 * @throws what the first of them failed with.
 */
async function writeAll(tx: Orm, change: AnyChange, now: Date): Promise<void> {
  const sent: Promise<unknown>[] = [];
  if (change.watch !== undefined) {
    const { service, version, findings } = change.watch;
    sent.push(
      put(tx, watches, watches.service, service, version, (next) => ({
        service,
        findings,
        version: next,
      })),
    );
  }
  for (const incident of change.incidents ?? []) {
    const { id, version, runbook } = incident;
    if (version === 0)
      sent.push(tx.insert(snapshots).values({ hash: runbook.hash, runbook }).onConflictDoNothing().execute());
    sent.push(
      put(tx, incidents, incidents.id, id, version, (next) => ({
        ...incidentRow(incident),
        id,
        version: next,
      })),
    );
  }
  for (const proposal of change.proposals ?? []) {
    const { id, version } = proposal;
    sent.push(
      put(tx, proposals, proposals.id, id, version, (next) => ({
        ...proposalRow(proposal),
        id,
        version: next,
      })),
    );
  }
  for (const mitigation of change.mitigations ?? []) {
    const { id, version } = mitigation;
    sent.push(
      put(tx, mitigations, mitigations.id, id, version, (next) => ({
        ...mitigationRow(mitigation),
        id,
        version: next,
      })),
    );
  }
  if (change.installation !== undefined) {
    const { version } = change.installation;
    const row = installationRow(change.installation);
    sent.push(
      put(tx, installation, installation.id, THE_ROW, version, (next) => ({
        ...row,
        id: THE_ROW,
        version: next,
      })),
    );
  }
  for (const golden of change.goldenCases ?? []) {
    const { id, version } = golden;
    sent.push(
      put(tx, goldenCases, goldenCases.id, id, version, (next) => ({
        ...goldenCaseRow(golden),
        id,
        version: next,
      })),
    );
  }
  for (const postmortem of change.postmortems ?? []) {
    const { incidentId, version } = postmortem;
    sent.push(
      put(tx, postmortems, postmortems.incidentId, incidentId, version, (next) => ({
        ...postmortem,
        version: next,
      })),
    );
  }
  for (const item of change.actionItems ?? []) {
    const { id, version } = item;
    sent.push(
      put(tx, actionItems, actionItems.id, id, version, (next) => ({
        ...actionItemRow(item),
        id,
        version: next,
      })),
    );
  }
  if (change.timeline !== undefined && change.timeline.length > 0) {
    sent.push(
      tx
        .insert(timeline)
        .values([...change.timeline])
        .onConflictDoNothing()
        .execute(),
    );
  }
  sent.push(insertJobs(tx, change.jobs ?? [], now));
  for (const end of await Promise.allSettled(sent)) if (end.status === 'rejected') throw end.reason;
}

/** Writes one entity if it still has the version it was loaded with; its next version goes into the row. */
async function put<T extends PgTable & { version: PgColumn }>(
  tx: Orm,
  table: T,
  keyColumn: PgColumn,
  key: string,
  version: number,
  row: (nextVersion: number) => PgInsertValue<T> & PgUpdateSetSource<T>,
): Promise<void> {
  const values = row(version + 1);
  const written: unknown =
    version === 0
      ? await tx.insert(table).values(values).onConflictDoNothing().returning({ key: keyColumn }).execute()
      : await tx
          .update(table)
          .set(values)
          .where(and(eq(keyColumn, key), eq(table.version, version)))
          .returning({ key: keyColumn })
          .execute();
  if (!Array.isArray(written) || written.length !== 1) throw new Conflict();
}
