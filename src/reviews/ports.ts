import type { Incident } from '../incidents/incident.ts';
import type { ActionItem } from '../postmortems/action-item.ts';
import type { IndicatorMean } from './weekly-review.ts';

export interface ReviewStore {
  /** Incidents declared in the window or still open, newest first, 50 at most. */
  incidentsForReview(from: Date, to: Date): Promise<readonly Incident[]>;
  /** Sample-weighted means of all SLIs measured in the window. */
  indicatorMeans(from: Date, to: Date): Promise<readonly IndicatorMean[]>;
  /** Oldest due date first, 100 at most. */
  openActionItems(): Promise<readonly ActionItem[]>;
}
