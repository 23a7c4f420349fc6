import { MINUTE } from '../../src/time.ts';

/** A job of the model; `n` names it, and grows in the order of insertion. */
export interface ModelJob {
  readonly n: number;
  readonly lane: string;
  readonly key: string | undefined;
  readonly coalesce: boolean;
  due: number;
  state: 'ready' | 'running' | 'done' | 'dead';
  attempts: number;
  retryAt: number;
  firstFailedAt: number | undefined;
  leaseExpired: boolean;
}

export type NewModelJob = Pick<ModelJob, 'n' | 'lane' | 'key' | 'coalesce' | 'due'>;
export interface ModelTry {
  readonly n: number;
  readonly attempt: number;
}

/** What the outbox promises (design §5), on an array: times are milliseconds, leases expire when they are told to. */
export function createQueueModel() {
  const jobs: ModelJob[] = [];
  const inOrder = (a: ModelJob, b: ModelJob) => a.due - b.due || a.n - b.n;
  const waitingUnder = (key: string | undefined, except?: ModelJob) =>
    jobs.find((job) => job !== except && job.coalesce && job.key === key && job.state === 'ready');

  const isTried = (job: ModelJob, now: number) => job.due <= now && job.retryAt <= now;
  /** A due job holds its lane, unless it began to fail a minute ago and waits for its next try. */
  const holdsLane = (job: ModelJob, now: number) =>
    job.due <= now &&
    (job.firstFailedAt === undefined || job.firstFailedAt > now - MINUTE || job.retryAt <= now);

  return {
    enqueue(added: NewModelJob): void {
      const { key, coalesce } = added;
      if (key !== undefined && coalesce) {
        const waiting = waitingUnder(key);
        if (waiting !== undefined) {
          waiting.due = Math.min(waiting.due, added.due);
          return;
        }
      }
      if (key !== undefined && !coalesce && jobs.some((job) => !job.coalesce && job.key === key)) return;
      const rest = { attempts: 0, retryAt: 0, firstFailedAt: undefined, leaseExpired: false } as const;
      jobs.push({ ...added, state: 'ready', ...rest });
    },

    claim(now: number, limit: number): ModelTry[] {
      const running = jobs.filter((job) => job.state === 'running');
      const ready = jobs.filter((job) => job.state === 'ready').sort(inOrder);
      const free = ready.filter(
        (job) =>
          isTried(job, now) &&
          !running.some((other) => other.lane === job.lane) &&
          !ready
            .slice(0, ready.indexOf(job))
            .some((other) => other.lane === job.lane && holdsLane(other, now)),
      );
      const abandoned = running.filter((job) => job.leaseExpired);
      const claimed = [...abandoned, ...free].slice(0, limit);
      for (const job of claimed) {
        job.state = 'running';
        job.attempts += 1;
        job.leaseExpired = false;
      }
      return claimed.map((job) => ({ n: job.n, attempt: job.attempts }));
    },

    /** False when the try has lost its lease. */
    end(tried: ModelTry, kind: 'done' | 'retry' | 'dead', now: number, retryAt: number): boolean {
      const job = jobs.find((each) => each.n === tried.n);
      if (job?.state !== 'running' || job.attempts !== tried.attempt) return false;
      if (kind !== 'retry') job.state = kind;
      else if (job.key !== undefined && job.coalesce && waitingUnder(job.key, job)) job.state = 'done';
      else {
        job.state = 'ready';
        job.retryAt = retryAt;
        job.firstFailedAt ??= now;
      }
      return true;
    },

    expireLeases(): void {
      for (const job of jobs) job.leaseExpired = true;
    },

    states: () => jobs.map((job) => ({ n: job.n, state: job.state, attempts: job.attempts })),
  };
}
