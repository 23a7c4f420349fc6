import type { Alert, Measurement, Report } from '../signals/signal.ts';
import type { BaselineSums } from './baseline.ts';

/** How many reports of some categories came lately, and in the day before. */
export interface ReportCounts {
  readonly recent: number;
  readonly dayBefore: number;
  readonly newest?: Date;
  readonly oldestRecent?: Date;
}

/** What is known of a service when its triggers are evaluated. */
export interface Evidence {
  /** The newest measurement of each SLI. */
  readonly latest: ReadonlyMap<string, Measurement>;
  /** Recent measurements of the SLIs that some rule watches over time, in any order. */
  readonly history: ReadonlyMap<string, readonly Measurement[]>;
  readonly baselines: ReadonlyMap<string, BaselineSums>;
  /** The newest state of each vendor alert that is not long over. */
  readonly alerts: readonly Alert[];
  /** Reports of the last two days, in any order. */
  readonly reports: readonly Pick<Report, 'category' | 'at'>[];
}
