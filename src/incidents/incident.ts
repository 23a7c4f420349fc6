import type { StepState } from '../runbooks/next-steps.ts';
import type { Cause, RunbookPhase } from '../runbooks/schema.ts';
import type { RunbookSnapshot } from '../runbooks/snapshot.ts';
import type { IncidentKind } from '../triggers/schema.ts';
import type { Severity } from '../triggers/severity.ts';
import type { Slice } from '../triggers/slice.ts';
import type { Onset } from './onset.ts';

/** Who did something: a person by Slack id, aire itself, or another system by name. */
export type Actor =
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'aire' }
  | { readonly kind: 'system'; readonly name: string };

export const AIRE: Actor = { kind: 'aire' };

/** Where an incident is: the runbook's phases, then closed; cancelled only from triage. */
export type Phase = RunbookPhase | 'closed' | 'cancelled';

/** A named finding, and where it comes from. */
export interface Fact {
  readonly value: string;
  /** `step:<id>`, `signal:<source>` or `vendor:<name>`. */
  readonly from: string;
  readonly at: Date;
  /** In the words of whoever said it, untrusted. */
  readonly detail?: string;
  readonly url?: string;
}

/** The SLI that fired, or the slice of it, as it was at declaration: what a mitigation must bring back. */
export interface FiredSli {
  readonly sli: string;
  readonly slice?: Slice;
  readonly value: number;
  readonly baseline: number;
  readonly recoveredWithin: number;
}

/** An AI incident (design §2). Times are milestones; none is derived from "last updated". */
export interface Incident {
  readonly id: string;
  /** 0 until saved; then the number people use: INC-12. */
  readonly number: number;
  /** 0 until saved; counts every change. */
  readonly version: number;
  readonly service: string;
  readonly title: string;
  /** The reason it was declared, in words. */
  readonly reason: string;
  readonly kind: IncidentKind;
  readonly cause?: Cause;
  readonly severity: Severity;
  readonly phase: Phase;
  readonly trigger?: string;
  readonly fired?: FiredSli;
  /** Unique: a second declaration for the same cause finds this incident. */
  readonly declareKey: string;
  readonly declaredBy: Actor;
  readonly commander?: string;
  /** The estimated onset; `onset` says between which times it may lie, where checks tell. */
  readonly startedAt: Date;
  readonly onset?: Onset;
  readonly detectedAt: Date;
  readonly declaredAt: Date;
  readonly acknowledgedAt?: Date;
  readonly mitigatedAt?: Date;
  readonly resolvedAt?: Date;
  readonly closedAt?: Date;
  readonly facts: Readonly<Record<string, Fact>>;
  readonly steps: Readonly<Record<string, StepState>>;
  readonly runbook: RunbookSnapshot;
  /** Findings that belong to it, by key: the one that fired and those attached later. */
  readonly findings: readonly string[];
}

/** `INC-12` */
export function incidentName(incident: Pick<Incident, 'number'>): string {
  return `INC-${incident.number}`;
}

/** Still being worked on: signals attach to it, mitigations run for it. */
export function isOpen(incident: Pick<Incident, 'phase'>): boolean {
  return incident.phase === 'triage' || incident.phase === 'scope' || incident.phase === 'mitigate';
}

/** `INC-12 (SEV2)`, for sentences that refer to it. */
export function referTo(incident: Pick<Incident, 'number' | 'severity'>): string {
  return `${incidentName(incident)} (${incident.severity})`;
}
