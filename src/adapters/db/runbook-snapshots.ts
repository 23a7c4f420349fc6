import type { Incident } from '../../incidents/incident.ts';
import type { RunbookSnapshot } from '../../runbooks/snapshot.ts';
import type { Database } from './database.ts';
import { isOneOf } from './recordset.ts';
import { toIncident } from './rows.ts';
import { type incidents, snapshots } from './tables.ts';

/** Kept in memory at most. A service has one until somebody edits it. */
const KEPT = 200;

/**
 * The frozen runbooks of incidents. What a hash stands for never changes: one that was read or written is kept, and
 * incidents are read without it.
 */
export function createRunbookSnapshots({ orm }: Database) {
  const kept = new Map<string, RunbookSnapshot>();

  function keep(runbook: RunbookSnapshot): void {
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size >= KEPT && !kept.has(runbook.hash)) kept.delete(oldest);
    kept.set(runbook.hash, runbook);
  }

  async function read(hashes: ReadonlySet<string>): Promise<ReadonlyMap<string, RunbookSnapshot>> {
    const found = new Map<string, RunbookSnapshot>();
    for (const hash of hashes) {
      const known = kept.get(hash);
      if (known !== undefined) found.set(hash, known);
    }
    const others = [...hashes].filter((hash) => !found.has(hash));
    if (others.length === 0) return found;
    const rows = await orm.select().from(snapshots).where(isOneOf(snapshots.hash, others));
    for (const { hash, runbook } of rows) {
      found.set(hash, runbook);
      keep(runbook);
    }
    return found;
  }

  return {
    keep,
    /** Incidents from their rows, in that order. */
    async incidentsOf(rows: readonly (typeof incidents.$inferSelect)[]): Promise<Incident[]> {
      const runbooks = await read(new Set(rows.map(({ runbookHash }) => runbookHash)));
      return rows.flatMap((row) => {
        // A foreign key holds it.
        const runbook = runbooks.get(row.runbookHash);
        return runbook === undefined ? [] : [toIncident(row, runbook)];
      });
    },
  };
}

export type RunbookSnapshots = ReturnType<typeof createRunbookSnapshots>;
