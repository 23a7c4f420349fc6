import { z } from 'zod';
import type { Logger } from '../../log.ts';
import { SECOND } from '../../time.ts';
import type { NewJob } from '../../verb.ts';
import { DONE, type JobHandler } from './worker.ts';

/** A try ends well within the time of a handler; what is left is another job's. */
const TIME = 8 * SECOND;

/** Removes what is too old; asked for once a day of the calendar (UTC), whoever asks. */
export function retentionJob(date: string, part = 1): NewJob {
  return {
    kind: 'retention.run',
    lane: 'retention',
    key: part === 1 ? `retention:${date}` : `retention:${date}:${part}`,
    payload: { date, part },
  };
}

const payload = z.object({ date: z.string(), part: z.int() });

/** Idempotent: what was removed is not there to be removed again. */
export function retentionHandler(deps: {
  /** Removes a part; stops when `enough` says so. */
  readonly remove: (enough: () => boolean) => Promise<{ readonly finished: boolean }>;
  readonly enqueue: (job: NewJob) => Promise<void>;
  readonly log: Logger;
}): readonly [string, JobHandler] {
  return [
    'retention.run',
    async (job) => {
      const { date, part } = payload.parse(job.payload);
      const began = performance.now();
      const removed = await deps.remove(() => performance.now() - began > TIME);
      deps.log.info({ date, ...removed }, 'what was too old was removed');
      if (!removed.finished) await deps.enqueue(retentionJob(date, part + 1));
      return DONE;
    },
  ];
}
