import type { Playbook, RunbookSettings } from '../runbooks/schema.ts';
import type { ServiceDirectory, ServiceIdentity } from '../services/schema.ts';
import type { SignalSettings } from '../signals/schema.ts';
import type { ChangeKind, Distribution, Signal } from '../signals/signal.ts';
import type { Clock } from '../time.ts';
import type { Evidence } from '../triggers/evidence.ts';
import type { TriggerOverride } from '../triggers/overrides.ts';
import type { TriggerSettings } from '../triggers/schema.ts';
import type { NewJob } from '../verb.ts';
import type { Incident } from './incident.ts';
import type { VersionEval } from './last-known-good.ts';
import type { TimelineEntry } from './timeline.ts';
import type { Proposal, ServiceWatch } from './watch.ts';

/** What incidents need to know of a service. */
export type IncidentService = ServiceIdentity &
  TriggerSettings &
  RunbookSettings &
  Pick<SignalSettings, 'sources' | 'evals'> & {
    readonly triggers: Readonly<Record<string, TriggerOverride>>;
  };

/** Everything one incident verb may write, in one transaction. Entities carry the version they were loaded with. */
export interface IncidentChange {
  readonly watch?: ServiceWatch;
  readonly proposals?: readonly Proposal[];
  readonly incidents?: readonly Incident[];
  readonly timeline?: readonly TimelineEntry[];
  readonly jobs?: readonly NewJob[];
}

/** What evidence the triggers of a service need. */
export interface EvidenceWanted {
  readonly slis: readonly string[];
  /** How far back each SLI is watched over time, in milliseconds, where a rule asks for it. */
  readonly history: ReadonlyMap<string, number>;
  readonly baselineWindow: number;
  /** The SLIs that are held against a trailing baseline. */
  readonly baselines: ReadonlySet<string>;
  /** The labels by whose values the SLIs are wanted as well; absent when the service asks for none. */
  readonly slices?: readonly string[];
  /** How far back user reports are counted, in milliseconds; 0 when no rule counts them. */
  readonly reports: number;
  /** The rates whose sums are wanted, over windows of these lengths in milliseconds; absent when no budget is watched. */
  readonly burns?: { readonly slis: readonly string[]; readonly windows: readonly number[] };
  /** How far back distributions are wanted, in milliseconds; absent when no rule looks at them. */
  readonly distributions?: number;
}

export interface IncidentStore {
  watch(service: string): Promise<ServiceWatch>;
  /** What the triggers look at: measurements, baseline sums outside incident windows, alerts, reports. */
  evidence(service: string, wanted: EvidenceWanted, now: Date): Promise<Evidence>;
  /** The service's open incidents, oldest first. */
  openIncidents(service: string): Promise<readonly Incident[]>;
  /** Changes, examples, reports and alerts of the service since `from` that are not on the incident's timeline. */
  signalsNotOnTimeline(incident: Incident, from: Date): Promise<readonly Signal[]>;
  /** The changes on an incident's timeline, oldest first. */
  changesOf(incidentId: string): Promise<readonly TimelineEntry[]>;
  /** What evals measured of each labelled version of these kinds, up to and including `until`. */
  versionEvals(
    service: string,
    kinds: readonly ChangeKind[],
    from: Date,
    until: Date,
  ): Promise<readonly VersionEval[]>;
  /** The service's distributions of that time, `from` included and `to` not: the newest ones. */
  distributions(service: string, from: Date, to: Date): Promise<readonly Distribution[]>;
  incident(id: string): Promise<Incident | undefined>;
  proposal(id: string): Promise<Proposal | undefined>;
  /** `conflict` when any entity was changed since it was loaded; then nothing was written. */
  save(change: IncidentChange): Promise<'saved' | 'conflict'>;
}

export interface IncidentDeps {
  readonly store: IncidentStore;
  readonly services: ServiceDirectory<IncidentService>;
  readonly playbook: Playbook;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
}
