import { createTask } from 'node-cron';
import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { CATCH_UP, latestDue } from '../../reviews/due-reviews.ts';
import { postReview } from '../../reviews/hold-review.ts';
import { type Clock, MINUTE } from '../../time.ts';
import type { NewJob } from '../../verb.ts';

export interface ReviewScheduleOptions {
  readonly cron: string;
  readonly timezone: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly enqueue: (job: NewJob) => Promise<void>;
  /** When this installation first heard of anything: before that there is nothing to review. */
  readonly firstActivity: () => Promise<Date | undefined>;
}

export interface ReviewSchedule {
  /** Asks for what became due since it was last looked. */
  tick(): Promise<void>;
  /** When a review became due more than a minute ago without being asked for. */
  missed(): Date | undefined;
  start(): void;
  stop(): Promise<void>;
}

/**
 * The weekly review by schedule. It only inserts a job keyed by the minute it was due, so that replicas, restarts and
 * downtime make one review of each period.
 */
export function createReviewSchedule(options: ReviewScheduleOptions): ReviewSchedule {
  const { clock, log } = options;
  let lookedUntil = new Date(clock.now().getTime() - CATCH_UP);
  // How far `missed` has looked, so that it looks at each minute once.
  let searchedUntil = lookedUntil;
  let latest: Date | undefined;
  const task = createTask(options.cron, () => tickSafely(), {
    timezone: options.timezone,
    suppressMissedWarning: true,
  });

  async function tick(): Promise<void> {
    const now = clock.now();
    const due = latestDue((minute) => task.match(minute), lookedUntil, now);
    if (due !== undefined) {
      const first = await options.firstActivity();
      if (first !== undefined && first < due) await options.enqueue(postReview(due.toISOString(), due));
    }
    lookedUntil = now;
  }

  function tickSafely(): Promise<void> {
    // What could not be asked for now is found due again at the next look.
    return tick().catch((error: unknown) =>
      log.error({ err: messageOf(error) }, 'the weekly review could not be scheduled'),
    );
  }

  return {
    tick,
    missed() {
      const until = new Date(clock.now().getTime() - MINUTE);
      if (until > searchedUntil) {
        // What was due before the last look was asked for then; a week takes a third of a second to search.
        const from = lookedUntil > searchedUntil ? lookedUntil : searchedUntil;
        latest = latestDue((minute) => task.match(minute), from, until) ?? latest;
        searchedUntil = until;
      }
      return latest !== undefined && latest > lookedUntil ? latest : undefined;
    },
    start() {
      void task.start();
      void tickSafely();
    },
    async stop() {
      await task.destroy();
    },
  };
}
