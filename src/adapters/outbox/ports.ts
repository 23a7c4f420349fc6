/** A job that was claimed by this process. */
export interface ClaimedJob {
  readonly id: number;
  readonly kind: string;
  readonly lane: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** 1 for the first try. It is the fence: only the attempt that holds the lease may end the job. */
  readonly attempt: number;
  readonly createdAt: Date;
  /** When it was first to be done: a retry does not move it. */
  readonly dueAt: Date;
  readonly firstFailedAt?: Date;
}

/** How a try ended. `dead` is kept for people to see; nothing is dropped. */
export type JobEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly at: Date; readonly error: string }
  | { readonly kind: 'dead'; readonly error: string };

/** Kinds of jobs that have room of their own, and none elsewhere. */
export interface Pool {
  readonly kinds: readonly string[];
  readonly room: number;
}

export interface JobQueue {
  /**
   * Claims due jobs, one a lane at most, for `leaseSeconds` of the database's clock: as many of each pool's kinds as it
   * has room for, and `limit` of all others.
   */
  claim(
    now: Date,
    limit: number,
    leaseSeconds: number,
    pools?: readonly Pool[],
  ): Promise<readonly ClaimedJob[]>;
  /** Ends a try. False when the lease was lost: somebody else has the job now. */
  end(job: ClaimedJob, end: JobEnd, now: Date): Promise<boolean>;
}
