import type { SQL } from 'drizzle-orm';
import type { PostmortemChange } from '../../postmortems/ports.ts';
import { type Database, isLostRace, type Transaction } from './database.ts';
import { insertJobs } from './jobs.ts';
import { incidentRow, installationRow } from './rows.ts';
import * as tables from './tables.ts';
import { inserting, putting } from './write-rows.ts';

/** Everything any verb may write. */
export type AnyChange = PostmortemChange;

class Conflict extends Error {}

const insertSnapshots = inserting(tables.snapshots, tables.snapshots.hash);
const insertTimeline = inserting(tables.timeline, tables.timeline.id);
const put = {
  watch: putting(tables.watches, tables.watches.service),
  incident: putting(tables.incidents, tables.incidents.id),
  proposal: putting(tables.proposals, tables.proposals.id),
  mitigation: putting(tables.mitigations, tables.mitigations.id),
  installation: putting(tables.installation, tables.installation.id),
  goldenCase: putting(tables.goldenCases, tables.goldenCases.id),
  postmortem: putting(tables.postmortems, tables.postmortems.incidentId),
  actionItem: putting(tables.actionItems, tables.actionItems.id),
};

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
    await database.transaction((tx) => writeAll(tx, change, now));
  } catch (error) {
    // The database can also say that somebody was faster: the same declaration, the same request, a deadlock over jobs.
    if (error instanceof Conflict || isLostRace(error)) return 'conflict';
    throw error;
  }
  const { jobs = [] } = change;
  if (jobs.length > 0) onSaved(jobs.map(({ kind }) => kind));
  return 'saved';
}

/** The statements of everything but jobs, in their order; `isEntity`: it must write a row. */
function statementsOf(change: AnyChange): readonly { statement: SQL; isEntity: boolean }[] {
  const rows = (statement: SQL) => ({ statement, isEntity: false });
  const entity = (statement: SQL) => ({ statement, isEntity: true });
  const { watch, incidents = [], installation, timeline = [] } = change;
  const snapshots = incidents
    .filter(({ version }) => version === 0)
    .map(({ runbook }) => ({ hash: runbook.hash, runbook }));
  return [
    ...(watch === undefined ? [] : [entity(put.watch(watch))]),
    ...(snapshots.length === 0 ? [] : [rows(insertSnapshots(snapshots))]),
    ...incidents.map((each) => entity(put.incident(incidentRow(each)))),
    ...(change.proposals ?? []).map((each) => entity(put.proposal(each))),
    ...(change.mitigations ?? []).map((each) => entity(put.mitigation(each))),
    ...(installation === undefined ? [] : [entity(put.installation(installationRow(installation)))]),
    ...(change.goldenCases ?? []).map((each) => entity(put.goldenCase(each))),
    ...(change.postmortems ?? []).map((each) => entity(put.postmortem(each))),
    ...(change.actionItems ?? []).map((each) => entity(put.actionItem(each))),
    ...(timeline.length === 0 ? [] : [rows(insertTimeline(timeline))]),
  ];
}

/**
 * Sends every statement before the first has answered, in this order; none may be under way when the transaction ends.
 *
 * @throws what the first of them failed with.
 */
async function writeAll(tx: Transaction, change: AnyChange, now: Date): Promise<void> {
  const sent = statementsOf(change).map(async ({ statement, isEntity }) => {
    const written = await tx.often(statement);
    if (isEntity && written.length !== 1) throw new Conflict();
  });
  sent.push(insertJobs(tx, change.jobs ?? [], now));
  for (const end of await Promise.allSettled(sent)) if (end.status === 'rejected') throw end.reason;
}
