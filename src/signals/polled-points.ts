import { HOUR, SECOND } from '../time.ts';
import type { Point } from './polling-ports.ts';

/** What was missed is asked for as far back as this. */
export const CATCH_UP = HOUR;

/** How the newest point of a poll stands, for counting. */
export type PollOutcome = 'ok' | 'no_data' | 'not_a_number' | 'refused' | 'fault' | 'failed';

/** The last multiple of `every` at or before this time: all polls, of all replicas, ask about the same moments. */
export function gridBefore(at: Date, every: number): Date {
  return new Date(Math.floor(at.getTime() / every) * every);
}

/** The moments that are not known yet, both ends included; undefined when there are none. */
export function missing(
  newest: Date | undefined,
  every: number,
  now: Date,
): { readonly from: Date; readonly to: Date } | undefined {
  const to = gridBefore(now, every);
  const back = new Date(to.getTime() - CATCH_UP);
  const from =
    newest === undefined || newest < back ? back : new Date(gridBefore(newest, every).getTime() + every);
  return from > to ? undefined : { from, to };
}

/** A measurement as `POST /webhooks/signals` takes it: whatever holds for those that are sent holds for it. */
export interface PolledItem {
  readonly type: 'measurement';
  readonly id: string;
  readonly service: string;
  readonly sli: string;
  readonly value: number;
  readonly samples?: number;
  readonly window_s: number;
  readonly at: string;
}

/**
 * The points that say something. What is no number is left out, never taken for zero; where samples are counted, so is
 * what rests on none. The id is that of the moment: a moment that is asked for twice is stored once.
 */
export function itemsOf(
  about: { readonly service: string; readonly sli: string; readonly every: number; readonly to: Date },
  values: readonly Point[],
  samples: readonly Point[] | undefined,
): { readonly items: readonly PolledItem[]; readonly outcome: PollOutcome } {
  const { service, sli, every, to } = about;
  const counted = new Map(samples?.map(({ at, value }) => [at.getTime(), value]));
  const usable = (at: Date): boolean =>
    samples === undefined || Math.round(counted.get(at.getTime()) ?? 0) > 0;
  const items = values
    .filter(({ at, value }) => Number.isFinite(value) && usable(at))
    .map(({ at, value }): PolledItem => {
      const size = counted.get(at.getTime());
      return {
        type: 'measurement',
        id: `${service}:${sli}:${at.getTime() / SECOND}`,
        service,
        sli,
        value,
        window_s: every / SECOND,
        at: at.toISOString(),
        ...(size === undefined ? {} : { samples: Math.round(size) }),
      };
    });
  const newest = values.find(({ at }) => at.getTime() === to.getTime());
  const isKnown = items.some(({ at }) => at === to.toISOString());
  const outcome = isKnown
    ? 'ok'
    : newest !== undefined && !Number.isFinite(newest.value)
      ? 'not_a_number'
      : 'no_data';
  return { items, outcome };
}
