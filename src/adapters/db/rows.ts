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

/** What is written of each entity. An absent property becomes null, so that taking one away is saved too. */
export function incidentRow(
  incident: Incident,
): Omit<typeof incidents.$inferInsert, 'id' | 'number' | 'version'> {
  const { id: _id, number: _number, version: _version, runbook, ...rest } = incident;
  return {
    ...rest,
    runbookHash: runbook.hash,
    cause: incident.cause ?? null,
    trigger: incident.trigger ?? null,
    fired: incident.fired ?? null,
    onset: incident.onset ?? null,
    commander: incident.commander ?? null,
    acknowledgedAt: incident.acknowledgedAt ?? null,
    mitigatedAt: incident.mitigatedAt ?? null,
    resolvedAt: incident.resolvedAt ?? null,
    closedAt: incident.closedAt ?? null,
  };
}

export function toIncident(row: typeof incidents.$inferSelect, runbook: RunbookSnapshot): Incident {
  const { runbookHash: _hash, ...rest } = present(row);
  return { ...rest, runbook };
}

export function proposalRow({
  id: _id,
  version: _version,
  ...proposal
}: Proposal): Omit<typeof proposals.$inferInsert, 'id' | 'version'> {
  return {
    ...proposal,
    answeredBy: proposal.answeredBy ?? null,
    answeredAt: proposal.answeredAt ?? null,
    incidentId: proposal.incidentId ?? null,
  };
}

export function toProposal(row: typeof proposals.$inferSelect): Proposal {
  return present(row);
}

export function toEntry(row: typeof timeline.$inferSelect): TimelineEntry {
  const { seq: _seq, ...rest } = present(row);
  return rest;
}

export function mitigationRow({
  id: _id,
  version: _version,
  ...mitigation
}: Mitigation): Omit<typeof mitigations.$inferInsert, 'id' | 'version'> {
  return {
    ...mitigation,
    decidedBy: mitigation.decidedBy ?? null,
    decidedAt: mitigation.decidedAt ?? null,
    sentAt: mitigation.sentAt ?? null,
    ranAt: mitigation.ranAt ?? null,
    endedAt: mitigation.endedAt ?? null,
    detail: mitigation.detail ?? null,
  };
}

export function toMitigation(row: typeof mitigations.$inferSelect): Mitigation {
  const { seq: _seq, ...rest } = present(row);
  return rest;
}

export function installationRow({
  place,
  hold,
}: Installation): Omit<typeof installation.$inferInsert, 'id' | 'version'> {
  return {
    place,
    heldSince: hold?.since ?? null,
    heldReason: hold?.reason ?? null,
    releasedBy: hold?.releasedBy ?? null,
    releasedAt: hold?.releasedAt ?? null,
  };
}

export function toInstallation(row: typeof installation.$inferSelect): Installation {
  const { version, place, heldSince, heldReason, ...released } = present(row);
  if (heldSince === undefined || heldReason === undefined) return { version, place };
  const { releasedBy, releasedAt } = released;
  const by = releasedBy === undefined || releasedAt === undefined ? {} : { releasedBy, releasedAt };
  return { version, place, hold: { since: heldSince, reason: heldReason, ...by } };
}

export function goldenCaseRow({
  id: _id,
  version: _version,
  ...golden
}: GoldenCase): Omit<typeof goldenCases.$inferInsert, 'id' | 'version'> {
  return {
    ...golden,
    expected: golden.expected ?? null,
    traceUrl: golden.traceUrl ?? null,
    reviewedBy: golden.reviewedBy ?? null,
    reviewedAt: golden.reviewedAt ?? null,
    commit: golden.commit ?? null,
    path: golden.path ?? null,
  };
}

export function toGoldenCase(row: typeof goldenCases.$inferSelect): GoldenCase {
  const { seq: _seq, ...rest } = present(row);
  return rest;
}

export function actionItemRow({
  id: _id,
  version: _version,
  ...item
}: ActionItem): Omit<typeof actionItems.$inferInsert, 'id' | 'version'> {
  return { ...item, owner: item.owner ?? null, due: item.due ?? null, doneAt: item.doneAt ?? null };
}

export function toActionItem(row: typeof actionItems.$inferSelect): ActionItem {
  const { seq: _seq, ...rest } = present(row);
  return rest;
}
