import type { IncidentChange, IncidentDeps, IncidentService, IncidentStore } from '../incidents/ports.ts';
import type { ServiceDirectory } from '../services/schema.ts';
import type { History } from '../triggers/evidence.ts';
import type { Slice } from '../triggers/slice.ts';
import type { Installation } from './installation.ts';
import type { Mitigation } from './mitigation.ts';
import type { MitigationSettings } from './schema.ts';

export type MitigableService = IncidentService & MitigationSettings;

export interface MitigationChange extends IncidentChange {
  readonly mitigations?: readonly Mitigation[];
  readonly installation?: Installation;
}

export interface MitigationStore extends IncidentStore {
  mitigation(id: string): Promise<Mitigation | undefined>;
  /** All of an incident's mitigations, oldest first. */
  mitigationsOf(incidentId: string): Promise<readonly Mitigation[]>;
  /** The service's mitigations that wait for proof. */
  verifying(service: string): Promise<readonly Mitigation[]>;
  /** All that are approved and not sent, oldest first. */
  approvedMitigations(): Promise<readonly Mitigation[]>;
  /** Undefined before the first start. */
  installation(): Promise<Installation | undefined>;
  /** What was measured of an SLI, or of a slice of it, after `since`. */
  checksSince(service: string, sli: string, since: Date, slice?: Slice): Promise<History>;
  save(change: MitigationChange): Promise<'saved' | 'conflict'>;
}

/** Who may approve: read live, never from a copy. */
export interface ApproverDirectory {
  /**
   * Whether a person is named in `approvers`: Slack ids, e-mail addresses or user-group handles.
   *
   * @throws when the directory can't be reached; the decision is then taken again later.
   */
  isOneOf(person: string, approvers: readonly string[]): Promise<boolean>;
}

/** How a target answered, sorted by what may have happened there. */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly detail: string }
  /** The target says no: nothing happened. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Nothing was sent: safe to try again. */
  | { readonly kind: 'not_sent'; readonly detail: string }
  /** It may or may not have happened. */
  | { readonly kind: 'ambiguous'; readonly detail: string };

export interface MitigationTarget {
  /** Sends the frozen request, signed, with the mitigation's id as idempotency key. Never throws for what the target does. */
  send(mitigation: Mitigation): Promise<SendOutcome>;
}

export interface MitigationDeps extends Omit<IncidentDeps, 'store' | 'services'> {
  readonly store: MitigationStore;
  readonly services: ServiceDirectory<MitigableService>;
  /** Where targets report back: the mitigation's callback URL, when this installation has a public address. */
  readonly callbackUrl: (mitigationId: string) => string | undefined;
}
