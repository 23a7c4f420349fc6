import { contentHash } from '../ids.ts';
import { HOUR, SECOND } from '../time.ts';
import { groupsBy, partsOf } from './label-bounds.ts';
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

export interface PolledItems {
  readonly items: readonly PolledItem[];
  readonly outcome: PollOutcome;
  /** What is not told apart. */
  readonly fault?: QueryFault;
}

/**
 * The parts that say something. What is no number is left out, never taken for zero; where samples are counted, so is
 * what rests on none. The id is that of the moment and the labels: what is asked for twice is stored once.
 */
export function itemsOf(
  about: { readonly service: string; readonly sli: string; readonly every: number; readonly to: Date },
  all: readonly PolledPart[],
): PolledItems {
  const { service, sli, every, to } = about;
  const isUsable = ({ value, samples }: PolledPart): boolean =>
    Number.isFinite(value) && (samples === undefined || Math.round(samples) > 0);
  const moments = groupsBy(all.filter(isUsable), ({ at }) => at.toISOString()).map(partsOf);
  const [beyond] = moments.flatMap((moment) => moment.beyond ?? []);
  const parts = moments.flatMap(({ groups }) => groups.map(asOne));
  const items = parts.map(({ at, value, samples, labels }): PolledItem => {
    const moment = `${service}:${sli}:${at.getTime() / SECOND}`;
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
  const fault = beyond === undefined ? {} : { fault: { key: beyond, reason: `The query gives ${beyond}` } };
  if (items.some(({ at }) => at === to.toISOString())) return { items, outcome: 'ok', ...fault };
  const newest = all.filter(({ at }) => at.getTime() === to.getTime());
  const isNumber = newest.every(({ value }) => Number.isFinite(value));
  return { items, outcome: isNumber ? 'no_data' : 'not_a_number', ...fault };
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
