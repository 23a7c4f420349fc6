/** A job as its handler sees it. */
export interface OutboxJob {
  readonly payload: Readonly<Record<string, unknown>>;
  /** 1 for the first try; above, an earlier try may have had its effect. */
  readonly attempt: number;
  readonly createdAt: Date;
}

export type JobOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'reject'; readonly reason: string };

/** What a job is about is deleted, or was never written. */
export const GONE: JobOutcome = { kind: 'reject', reason: 'what this job is about is not in the database' };

export type JobHandler = (job: OutboxJob) => Promise<JobOutcome>;
