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

export type JobHandler = (job: OutboxJob) => Promise<JobOutcome>;
