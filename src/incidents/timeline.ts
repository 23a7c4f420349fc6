import type { Actor, Incident } from './incident.ts';

export const ENTRY_KINDS = [
  'declared',
  'signal_attached',
  'signal_recovered',
  'all_recovered',
  'severity_changed',
  'acknowledged',
  'alert_update',
  'paged',
  'page_resolved',
  'step_settled',
  'fact_set',
  'phase_changed',
  'note',
  'change_seen',
  'example_captured',
  'report_received',
  'mitigation_requested',
  'mitigation_approved',
  'mitigation_rejected',
  'mitigation_expired',
  'mitigation_sent',
  'mitigation_answered',
  'mitigation_verified',
  'mitigation_failed',
  'mitigation_unknown',
  'mitigated',
  'reminded',
  'escalated',
  'resolved',
  'reopened',
  'cancelled',
  'closed',
  'postmortem_drafted',
  'golden_case_drafted',
  'golden_case_approved',
  'golden_case_rejected',
  'golden_case_committed',
  'action_item_added',
  'action_item_done',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** One thing that happened. Append-only; the text is plain and may hold untrusted words. */
export interface TimelineEntry {
  readonly id: string;
  readonly incidentId: string;
  readonly at: Date;
  readonly actor: Actor;
  readonly kind: EntryKind;
  readonly text: string;
  /** Where the evidence is, when there is a place. */
  readonly url?: string;
  /** Structured evidence, for documents and code. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** With a key, the entry is written once however often it is saved. */
  readonly onceKey?: string;
}

/** What a decision knows when it writes to the timeline. */
export interface EntryContext {
  readonly now: Date;
  readonly newId: (prefix: string) => string;
}

/** A new entry on an incident's timeline. */
export function entry(
  context: EntryContext,
  incident: Pick<Incident, 'id'>,
  actor: Actor,
  kind: EntryKind,
  text: string,
  rest: Pick<TimelineEntry, 'url' | 'data' | 'onceKey'> = {},
): TimelineEntry {
  return { id: context.newId('ent'), incidentId: incident.id, at: context.now, actor, kind, text, ...rest };
}
