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
 * exist yet); otherwise nothing is written and the answer is `conflict`. `onSaved` is called after commit when
 * there are jobs.
 */
export async function saveChange(
  database: Database,
  change: AnyChange,
  now: Date,
  onSaved: () => void,
): Promise<'saved' | 'conflict'> {
  try {
    await database.orm.transaction(async (tx) => writeAll(tx, change, now));
  } catch (error) {
    // The database can also say that somebody was faster: the same declaration, the same request, a deadlock over jobs.
    if (error instanceof Conflict || isLostRace(error)) return 'conflict';
    throw error;
  }
  if ((change.jobs ?? []).length > 0) onSaved();
  return 'saved';
}

async function writeAll(tx: Orm, change: AnyChange, now: Date): Promise<void> {
  if (change.watch !== undefined) {
    const { service, version, findings } = change.watch;
    await put(tx, watches, watches.service, service, version, (next) => ({
      service,
      findings,
      version: next,
    }));
  }
  for (const incident of change.incidents ?? []) {
    const { id, version, runbook } = incident;
    if (version === 0)
      await tx.insert(snapshots).values({ hash: runbook.hash, runbook }).onConflictDoNothing();
    await put(tx, incidents, incidents.id, id, version, (next) => ({
      ...incidentRow(incident),
      id,
      version: next,
    }));
  }
  for (const proposal of change.proposals ?? []) {
    const { id, version } = proposal;
    await put(tx, proposals, proposals.id, id, version, (next) => ({
      ...proposalRow(proposal),
      id,
      version: next,
    }));
  }
  for (const mitigation of change.mitigations ?? []) {
    const { id, version } = mitigation;
    await put(tx, mitigations, mitigations.id, id, version, (next) => ({
      ...mitigationRow(mitigation),
      id,
      version: next,
    }));
  }
  if (change.installation !== undefined) {
    const { version } = change.installation;
    const row = installationRow(change.installation);
    await put(tx, installation, installation.id, THE_ROW, version, (next) => ({
      ...row,
      id: THE_ROW,
      version: next,
    }));
  }
  for (const golden of change.goldenCases ?? []) {
    const { id, version } = golden;
    await put(tx, goldenCases, goldenCases.id, id, version, (next) => ({
      ...goldenCaseRow(golden),
      id,
      version: next,
    }));
  }
  for (const postmortem of change.postmortems ?? []) {
    const { incidentId, version } = postmortem;
    await put(tx, postmortems, postmortems.incidentId, incidentId, version, (next) => ({
      ...postmortem,
      version: next,
    }));
  }
  for (const item of change.actionItems ?? []) {
    const { id, version } = item;
    await put(tx, actionItems, actionItems.id, id, version, (next) => ({
      ...actionItemRow(item),
      id,
      version: next,
    }));
  }
  if (change.timeline !== undefined && change.timeline.length > 0) {
    await tx
      .insert(timeline)
      .values([...change.timeline])
      .onConflictDoNothing();
  }
  await insertJobs(tx, change.jobs ?? [], now);
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
  const written =
    version === 0
      ? await tx.insert(table).values(values).onConflictDoNothing().returning({ key: keyColumn })
      : await tx
          .update(table)
          .set(values)
          .where(and(eq(keyColumn, key), eq(table.version, version)))
          .returning({ key: keyColumn });
  if (written.length !== 1) throw new Conflict();
}
