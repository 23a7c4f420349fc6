import type { Severity } from '../triggers/severity.ts';
import type { Finding } from '../triggers/trigger.ts';

/** A finding as it is remembered between evaluations, and what became of it. */
export interface WatchedFinding extends Finding {
  /** Since when it has been in this state. */
  readonly since: Date;
  readonly incidentId?: string;
  readonly proposalId?: string;
  /** The question about it that is over. */
  readonly askedIn?: string;
  /** When it last opened an incident by itself. */
  readonly declaredAt?: Date;
  /** The worst severity it had since it belongs to its incident, where that is worse than now. */
  readonly reached?: Severity;
  /** Why nothing is heard of it any more, in a sentence. */
  readonly gone?: string;
}

/** What aire last saw of a service. Its version is what makes two replicas agree on who declares. */
export interface ServiceWatch {
  readonly service: string;
  readonly version: number;
  readonly findings: Readonly<Record<string, WatchedFinding>>;
}

/**
 * "Should this be an incident?": asked in the incidents channel when a service says `declare: propose`, and of every
 * crossing that may be chance. In `shadow` it is asked of nobody: it counts what would have been declared.
 */
export interface Proposal {
  readonly id: string;
  readonly version: number;
  readonly service: string;
  readonly trigger: string;
  readonly severity: Severity;
  readonly reason: string;
  readonly findings: readonly string[];
  readonly at: Date;
  readonly state: 'open' | 'declared' | 'dismissed' | 'recovered' | 'lapsed' | 'shadow';
  /** Everything it is about may still be chance. */
  readonly isSuspicion: boolean;
  readonly answeredBy?: string;
  readonly answeredAt?: Date;
  readonly incidentId?: string;
}
