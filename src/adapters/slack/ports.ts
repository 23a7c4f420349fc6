import type { PhaseFollowUps } from '../../incidents/change-phase.ts';
import type { Incident } from '../../incidents/incident.ts';
import type { TimelineEntry } from '../../incidents/timeline.ts';
import type { ServiceWatch } from '../../incidents/watch.ts';
import type { PostmortemDeps, PostmortemStore } from '../../postmortems/ports.ts';
import type { ReviewStore } from '../../reviews/ports.ts';
import type { NewJob } from '../../verb.ts';

/** Where in Slack something is shown. */
export interface SlackMessages {
  find(key: string): Promise<{ channel: string; ts: string | null } | undefined>;
  /** What is known under a key; where that is nothing, it becomes known that a message is on its way to that channel. */
  note(key: string, channel: string): Promise<{ channel: string; ts: string | null } | undefined>;
  remember(key: string, channel: string, ts: string | null): Promise<void>;
  incidentOfChannel(channel: string): Promise<string | undefined>;
}

/** What was last found of a service. */
export interface ServiceFindings {
  readonly findings: ServiceWatch['findings'];
  readonly openIncidents: number;
}

/** What the Slack surfaces read beside what the verbs need. */
export interface SlackStore extends PostmortemStore, ReviewStore {
  incidentByNumber(number: number): Promise<Incident | undefined>;
  /** What is remembered of these services, and how many of their incidents are open; absent where nothing is. */
  serviceStates(services: readonly string[]): Promise<ReadonlyMap<string, ServiceFindings>>;
  listOpen(limit: number): Promise<readonly Incident[]>;
  entry(id: string): Promise<TimelineEntry | undefined>;
  countEntries(incidentId: string, kind: TimelineEntry['kind']): Promise<number>;
  enqueue(...jobs: readonly NewJob[]): Promise<void>;
}

/** Everything the surfaces run verbs with. */
export interface SlackDeps extends Omit<PostmortemDeps, 'store'> {
  readonly store: SlackStore;
  readonly messages: SlackMessages;
  readonly followUps: PhaseFollowUps;
  readonly channels: { readonly incidents: string; readonly review: string };
}
