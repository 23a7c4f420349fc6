import { contentHash } from '../ids.ts';
import { HOUR, SECOND } from '../time.ts';
import { groupsBy, partsOf } from './label-bounds.ts';
import type { PolledMoment } from './poll-chunks.ts';
import type { PolledPart, QueryFault } from './polled-series.ts';

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
  readonly labels?: Readonly<Record<string, string>>;
}

/** Where samples are counted, what rests on none says nothing; nor does what is no number. */
function isUsable({ value, samples }: PolledPart): boolean {
  return Number.isFinite(value) && (samples === undefined || Math.round(samples) > 0);
}

/** The parts that say something, by their moments. What is no number is left out, never taken for zero. */
export function momentsOf(sli: string, all: readonly PolledPart[]): readonly PolledMoment[] {
  const moments = groupsBy(all.filter(isUsable), ({ at }) => String(at.getTime()));
  return moments.flatMap((parts) => (parts[0] === undefined ? [] : [{ sli, at: parts[0].at, parts }]));
}

/** How the moment `to` stands. */
export function outcomeOf(all: readonly PolledPart[], to: Date): PollOutcome {
  const newest = all.filter(({ at }) => at.getTime() === to.getTime());
  if (newest.some(isUsable)) return 'ok';
  return newest.every(({ value }) => Number.isFinite(value)) ? 'no_data' : 'not_a_number';
}

/**
 * A moment as measurements, and what of it is not told apart. The id is that of the moment and the labels: what is asked
 * for twice is stored once.
 */
export function itemsOf(
  about: { readonly service: string; readonly every: number },
  { sli, at, parts }: PolledMoment,
): { readonly items: readonly PolledItem[]; readonly fault?: QueryFault } {
  const { service, every } = about;
  const { groups, beyond } = partsOf(parts);
  const moment = `${service}:${sli}:${at.getTime() / SECOND}`;
  const items = groups.map(asOne).map(({ value, samples, labels }): PolledItem => {
    const isWhole = Object.keys(labels).length === 0;
    return {
      type: 'measurement',
      id: isWhole ? moment : `${moment}:${contentHash(labels).slice(0, 16)}`,
      service,
      sli,
      value,
      window_s: every / SECOND,
      at: at.toISOString(),
      ...(samples === undefined ? {} : { samples: Math.round(samples) }),
      ...(isWhole ? {} : { labels }),
    };
  });
  return beyond === undefined
    ? { items }
    : { items, fault: { key: beyond, reason: `The query gives ${beyond}` } };
}

/** Parts that nothing tells apart any more, weighted by their samples: where there are several, each has some. */
function asOne(same: readonly PolledPart[]): PolledPart {
  const [first, ...others] = same;
  if (first === undefined) throw new RangeError('no part');
  if (others.length === 0) return first;
  const samples = same.reduce((sum, part) => sum + (part.samples ?? 0), 0);
  const value = same.reduce((sum, part) => sum + part.value * (part.samples ?? 0), 0) / samples;
  return { ...first, value, samples };
}
