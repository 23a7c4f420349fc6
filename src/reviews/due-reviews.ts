import { DAY, MINUTE } from '../time.ts';

/** A review missed for longer than this is not made up for. */
export const CATCH_UP = 8 * DAY;

/**
 * The latest minute in (`after`, `now`] at which a schedule is due; undefined when there is none. Looks no further
 * back than {@link CATCH_UP}: after a long downtime one review is posted, not a row of them.
 */
export function latestDue(isDue: (minute: Date) => boolean, after: Date, now: Date): Date | undefined {
  const oldest = Math.max(after.getTime(), now.getTime() - CATCH_UP);
  for (let minute = Math.floor(now.getTime() / MINUTE) * MINUTE; minute > oldest; minute -= MINUTE) {
    const at = new Date(minute);
    if (isDue(at)) return at;
  }
  return undefined;
}
