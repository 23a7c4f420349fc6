import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { type Clock, DAY, MINUTE, SECOND } from '../../time.ts';
import { createAlarm } from './alarm.ts';
import type { ClaimedJob, JobEnd, JobQueue, Pool } from './ports.ts';
import { createRests, type RestingPool } from './rests.ts';

/** What a handler says of its try. Throwing means `retry`: whatever it was may pass. */
export type JobOutcome =
  | { readonly kind: 'done' }
  /** Not now; `afterMs` when the other side said when. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Never: people must look. */
  | { readonly kind: 'reject'; readonly reason: string };

export const DONE: JobOutcome = { kind: 'done' };

/**
 * Does one kind of job. Jobs run at least once, so a handler must be idempotent: with `attempt > 1` an earlier try
 * may have had its effect. It ends within the time that `signal` gives it.
 */
export type JobHandler = (
  job: ClaimedJob,
  context: { readonly signal: AbortSignal; readonly lastAttempt: boolean },
) => Promise<JobOutcome>;

export interface WorkerOptions {
  readonly queue: JobQueue;
  readonly handlers: ReadonlyMap<string, JobHandler>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes secrets out of an error before it is stored or shown. */
  readonly scrub: (text: string) => string;
  readonly onDead: (job: ClaimedJob, reason: string) => Promise<void>;
  /** Told of every try: `seconds` it took of real time, `lagSeconds` it began after it was due. */
  readonly observe?: (job: ClaimedJob, seconds: number, lagSeconds: number) => void;
  /** In how much of the time since it was asked last a delivery over HTTP was being handled, from 0 to 1. */
  readonly busy: () => number;
}

export interface OutboxWorker {
  start(): void;
  /** There may be something to do, of these kinds if the caller knows them: called after each commit that left jobs. */
  wake(kinds?: readonly string[]): void;
  /** Milliseconds of real time since it last looked for jobs; infinite before it did. */
  sinceLastLook(): number;
  /** Resolves when nothing is due and nothing is under way. */
  settle(): Promise<void>;
  /** Takes no more jobs and waits for those under way. */
  stop(): Promise<void>;
}

const CONCURRENCY = 8;
/**
 * Evaluations of one claim share their statements (`src/adapters/db/batcher.ts`), and yield to deliveries: each of them
 * makes the next claim wait for `rest` milliseconds, more or less (`rests.ts`), and what arrives meanwhile is one
 * evaluation. Reads of other systems may each take their whole time, and must not keep messages waiting.
 */
const POOLS: readonly RestingPool[] = [
  { kinds: ['service.evaluate'], room: 20, rest: 3 },
  { kinds: ['step.run', 'incident.read_vendors'], room: 4 },
  { kinds: ['prometheus.poll', 'vendor.poll', 'evals.run', 'evals.suspected'], room: 4 },
];
const POOLED = POOLS.flatMap(({ kinds }) => kinds);
const LEASE_SECONDS = 20;
const HANDLER_TIME = 15 * SECOND;
const POLL = 5 * SECOND;
/** When there was nothing to claim, who knows of nothing new looks again only after so many milliseconds. */
const IDLE = 10;
/** What has failed for this long is given up on: an outage of the other side is waited out. */
export const GIVE_UP_AFTER = DAY;

/** Wait before try `attempt + 1`: 1 s doubling to a minute. */
export function backoff(attempt: number): number {
  return Math.min(MINUTE, SECOND * 2 ** (attempt - 1));
}

/** Kinds of jobs to look for. */
type Wanted = readonly string[] | typeof ANY;
const ANY = 'any';

function isWanted(kinds: Wanted, pool: Pool): boolean {
  return kinds === ANY || kinds.some((kind) => pool.kinds.includes(kind));
}

/** Claims due jobs and runs their handlers, a lane at a time (design §5). */
export function createOutboxWorker(options: WorkerOptions): OutboxWorker {
  const { queue, handlers, clock, log } = options;
  const inFlight = new Map<Promise<void>, string>();
  let running = false;
  let stopped = false;
  let claiming: Promise<number> | undefined;
  let next: { readonly claim: Promise<number>; kinds: Wanted } | undefined;
  let poll: NodeJS.Timeout | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** Of real time: before it there is nothing to look for. */
  let idleUntil = Number.NEGATIVE_INFINITY;
  const rests = createRests(POOLS, options.busy);
  let settling = 0;
  const whenIdleIsOver = createAlarm(() => wake());
  const whenRested = createAlarm(() => wake(POOLED));

  /**
   * Claims what there is room for, of these kinds. One claim at a time, so that a burst of wakes costs two queries: the one
   * under way may have looked before the caller's commit, so that another follows it.
   */
  function claim(kinds: Wanted): Promise<number> {
    if (claiming === undefined && next === undefined) return beginClaim(kinds);
    if (next !== undefined) {
      next.kinds = next.kinds === ANY || kinds === ANY ? ANY : [...next.kinds, ...kinds];
      return next.claim;
    }
    const following = (claiming ?? Promise.resolve(0))
      .catch(() => 0)
      .then(() => {
        const wanted = next?.kinds ?? kinds;
        next = undefined;
        return beginClaim(wanted);
      });
    next = { claim: following, kinds };
    return following;
  }

  function beginClaim(kinds: Wanted): Promise<number> {
    const mine = claimOnce(kinds).finally(() => {
      claiming = undefined;
    });
    claiming = mine;
    return mine;
  }

  async function claimOnce(kinds: Wanted): Promise<number> {
    const began = performance.now();
    const under = [...inFlight.values()];
    const pools = POOLS.map((pool) => {
      const rest = restOf(pool);
      if (!isWanted(kinds, pool)) return { kinds: pool.kinds, room: 0 };
      if (rest > 0 && running) whenRested.set(rest);
      const taken = under.filter((kind) => pool.kinds.includes(kind)).length;
      return { kinds: pool.kinds, room: rest > 0 ? 0 : pool.room - taken };
    });
    const anyOther = kinds === ANY || kinds.some((kind) => !POOLED.includes(kind));
    const room = anyOther ? CONCURRENCY - under.filter((kind) => !POOLED.includes(kind)).length : 0;
    if (stopped || (room <= 0 && pools.every((pool) => pool.room <= 0))) return 0;
    const claimed = await queue.claim(clock.now(), room, LEASE_SECONDS, pools);
    lookedAt = performance.now();
    if (claimed.length === 0 && kinds === ANY) idleUntil = began + IDLE;
    for (const job of claimed) {
      const work = run(job).finally(() => {
        inFlight.delete(work);
        if (running) wake();
      });
      inFlight.set(work, job.kind);
    }
    const mayBeMore = pools.some(
      ({ kinds, room }) => room > 0 && claimed.filter(({ kind }) => kinds.includes(kind)).length >= room,
    );
    for (const rest of rests.begin(claimed.map((job) => ({ kind: job.kind, lateSeconds: lagOf(job) }))))
      if (running && mayBeMore) whenRested.set(rest);
    return claimed.length;
  }

  /** Who waits for it to settle waits for all that is due. */
  function restOf(pool: Pool): number {
    return settling > 0 ? 0 : rests.left(pool);
  }

  /** Milliseconds until jobs of this kind are looked for again; 0: now. */
  function restOfKind(kind: string): number {
    const pool = POOLS.find(({ kinds }) => kinds.includes(kind));
    return pool === undefined ? 0 : Math.max(0, restOf(pool));
  }

  /** For how many seconds it has been due. */
  function lagOf({ dueAt }: ClaimedJob): number {
    return (clock.now().getTime() - dueAt.getTime()) / SECOND;
  }

  async function run(job: ClaimedJob): Promise<void> {
    const failingFor = clock.now().getTime() - (job.firstFailedAt ?? clock.now()).getTime();
    const lastAttempt = failingFor >= GIVE_UP_AFTER;
    const began = performance.now();
    const lag = lagOf(job);
    const outcome = await handle(job, lastAttempt);
    options.observe?.(job, (performance.now() - began) / SECOND, lag);
    const end = endOf(job, outcome, lastAttempt);
    try {
      const kept = await queue.end(job, end, clock.now());
      if (!kept)
        log.warn({ job: job.id, kind: job.kind }, 'a job took longer than its lease; another try has it now');
      else if (end.kind === 'dead') {
        log.error({ job: job.id, kind: job.kind, attempt: job.attempt, reason: end.error }, 'a job is dead');
        await options.onDead(job, end.error);
      }
    } catch (error) {
      // The lease runs out and the job is tried again.
      log.error(
        { job: job.id, kind: job.kind, err: messageOf(error) },
        'the end of a job could not be recorded',
      );
    }
  }

  async function handle(job: ClaimedJob, lastAttempt: boolean): Promise<JobOutcome> {
    const handler = handlers.get(job.kind);
    if (handler === undefined)
      return { kind: 'retry', reason: `this version of aire does not know jobs of kind ${job.kind}` };
    try {
      return await handler(job, { signal: AbortSignal.timeout(HANDLER_TIME), lastAttempt });
    } catch (error) {
      return { kind: 'retry', reason: messageOf(error) };
    }
  }

  function endOf(job: ClaimedJob, outcome: JobOutcome, lastAttempt: boolean): JobEnd {
    if (outcome.kind === 'done') return outcome;
    const error = options.scrub(outcome.reason).slice(0, 2000);
    if (outcome.kind === 'reject' || lastAttempt) return { kind: 'dead', error };
    log.warn(
      { job: job.id, kind: job.kind, attempt: job.attempt, reason: error },
      'a job will be tried again',
    );
    return {
      kind: 'retry',
      error,
      at: new Date(clock.now().getTime() + (outcome.afterMs ?? backoff(job.attempt))),
    };
  }

  function wake(kinds?: readonly string[]): void {
    if (!running || kinds?.length === 0) return;
    const rest = kinds === undefined ? 0 : Math.min(...kinds.map(restOfKind));
    const idle = kinds === undefined ? idleUntil - performance.now() : 0;
    if (rest > 0) whenRested.set(rest);
    else if (idle > 0) whenIdleIsOver.set(idle);
    else
      claim(kinds ?? ANY).catch((error: unknown) =>
        log.error({ err: messageOf(error) }, 'jobs could not be claimed'),
      );
  }

  return {
    start() {
      running = true;
      stopped = false;
      poll = setInterval(() => wake(), POLL);
      wake();
    },
    wake,
    sinceLastLook: () => performance.now() - lookedAt,
    async settle() {
      settling += 1;
      try {
        for (;;) {
          if (inFlight.size > 0) await Promise.race(inFlight.keys());
          else if ((await claim(ANY)) === 0 && inFlight.size === 0) return;
        }
      } finally {
        settling -= 1;
      }
    },
    async stop() {
      running = false;
      stopped = true;
      clearInterval(poll);
      whenRested.clear();
      whenIdleIsOver.clear();
      await (next?.claim ?? claiming)?.catch(() => undefined);
      await Promise.all(inFlight.keys());
    },
  };
}
