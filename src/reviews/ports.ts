import type { Incident } from '../incidents/incident.ts';
import type { ActionItem } from '../postmortems/action-item.ts';
import type { ProposalCount } from './trigger-record.ts';
import type { IndicatorMean } from './weekly-review.ts';

export interface ReviewStore {
  /** Incidents declared in the window or still open, newest first, 50 at most. */
  incidentsForReview(from: Date, to: Date): Promise<readonly Incident[]>;
  /** Sample-weighted means of all SLIs measured in the window. */
  indicatorMeans(from: Date, to: Date): Promise<readonly IndicatorMean[]>;
  /** What became of what was proposed or only counted in the window, by service and trigger, 1000 at most. */
  proposalCounts(from: Date, to: Date): Promise<readonly ProposalCount[]>;
  /** Oldest due date first, 100 at most. */
  openActionItems(): Promise<readonly ActionItem[]>;
}
