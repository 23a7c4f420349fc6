import type { GoldenCase } from '../../golden-dataset/golden-case.ts';
import type { Incident } from '../../incidents/incident.ts';
import type { TimelineEntry } from '../../incidents/timeline.ts';
import type { Proposal } from '../../incidents/watch.ts';
import type { Installation } from '../../mitigations/installation.ts';
import type { Mitigation } from '../../mitigations/mitigation.ts';
import type { ActionItem } from '../../postmortems/action-item.ts';
import type { RunbookSnapshot } from '../../runbooks/snapshot.ts';
import { present } from './present.ts';
import type {
  actionItems,
  goldenCases,
  incidents,
  installation,
  mitigations,
  proposals,
  timeline,
} from './tables.ts';
import type { Row } from './write-rows.ts';

/** The key of the one row of `installation`. */
const THE_INSTALLATION = 'this';

/** What is written of an incident, without the number, which the database gives. */
export function incidentRow(incident: Incident): Row<typeof incidents> {
  return { ...incident, runbookHash: incident.runbook.hash };
}

export function toIncident(row: typeof incidents.$inferSelect, runbook: RunbookSnapshot): Incident {
  const { runbookHash: _hash, ...rest } = present(row);
  return { ...rest, runbook };
}

export function toProposal(row: typeof proposals.$inferSelect): Proposal {
  return present(row);
}

export function toEntry(row: typeof timeline.$inferSelect): TimelineEntry {
  const { seq: _seq, ...rest } = present(row);
  return rest;
}

export function toMitigation(row: typeof mitigations.$inferSelect): Mitigation {
  const { seq: _seq, ...rest } = present(row);
  return rest;
}

export function installationRow({ version, place, hold }: Installation): Row<typeof installation> {
  return {
    id: THE_INSTALLATION,
    version,
    place,
    heldSince: hold?.since,
    heldReason: hold?.reason,
    releasedBy: hold?.releasedBy,
    releasedAt: hold?.releasedAt,
  };
}

export function toInstallation(row: typeof installation.$inferSelect): Installation {
  const { version, place, heldSince, heldReason, ...released } = present(row);
  if (heldSince === undefined || heldReason === undefined) return { version, place };
  const { releasedBy, releasedAt } = released;
  const by = releasedBy === undefined || releasedAt === undefined ? {} : { releasedBy, releasedAt };
  return { version, place, hold: { since: heldSince, reason: heldReason, ...by } };
}

export function toGoldenCase(row: typeof goldenCases.$inferSelect): GoldenCase {
  const { seq: _seq, ...rest } = present(row);
  return rest;
}

export function toActionItem(row: typeof actionItems.$inferSelect): ActionItem {
  const { seq: _seq, ...rest } = present(row);
  return rest;
}
