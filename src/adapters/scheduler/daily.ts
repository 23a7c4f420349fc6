import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { type Clock, HOUR } from '../../time.ts';
import type { NewJob } from '../../verb.ts';
import type { Every } from './every.ts';

/**
 * Asks for a job once a day (UTC). It only inserts the job of the day, keyed by its date, so that replicas and restarts
 * make one run of each day; a day on which nothing ran is not made up for, since the next run removes the same.
 */
export function startDaily(options: {
  readonly jobOf: (date: string) => NewJob;
  readonly enqueue: (job: NewJob) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly every: Every;
}): () => Promise<void> {
  return options.every(HOUR, async () => {
    const date = options.clock.now().toISOString().slice(0, 10);
    try {
      await options.enqueue(options.jobOf(date));
    } catch (error) {
      options.log.error({ err: messageOf(error) }, 'the daily removal of old data could not be scheduled');
    }
  });
}
