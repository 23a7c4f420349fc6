import type { Alert, Distribution, Report } from '../signals/signal.ts';
import type { BaselineSums } from './baseline.ts';
import type { Slice } from './slice.ts';

/** What was measured of an SLI at one moment, as triggers see it. */
export interface Check {
  readonly at: Date;
  /** In the SLI's unit. */
  readonly value: number;
  readonly samples?: number;
  /** The time it speaks for, up to `at`. */
  readonly windowSeconds?: number;
  /** Whose value it is, such as its labels: what differs in it is no repeat. {@link inOrder} makes one of all. */
  readonly series?: string;
  /** It lies within an incident, so it is no part of what is normal. */
  readonly inIncident: boolean;
}

/** What was measured lately of one SLI. */
export interface History {
  /** The newest checks, one a moment, oldest first, as far back as is looked. */
  readonly checks: readonly Check[];
  /** More was measured in that time than is read at once: what is older than the checks is not known. */
  readonly isCut?: true;
}

/** What is known of one SLI. */
export interface SliEvidence extends History {
  /** What was measured before the oldest of them, outside incidents and within the baseline's window. */
  readonly before: BaselineSums;
}

/** What is known of the slices of SLIs: of each label the values measured last, 20 at most. */
export interface SlicesEvidence {
  readonly watched: readonly (SliEvidence & { readonly sli: string; readonly slice: Slice })[];
  /** How many more values of a label were measured lately. */
  readonly unwatched: readonly { readonly sli: string; readonly label: string; readonly values: number }[];
}

/** Values added up, each times its samples. */
export type Sums = Pick<BaselineSums, 'weighted' | 'weight'>;

/** What was measured of a rate over windows that end now. */
export interface RateSums {
  /** By the length of the window, in milliseconds; measurements without a sample size are not in it. */
  readonly windows: ReadonlyMap<number, Sums>;
  readonly newest: Date;
  /** Measurements of the longest window that carry no sample size. */
  readonly withoutSamples: number;
  /** What a resolved incident about this budget answers for; absent when there was none in the longest window. */
  readonly answered?: AnsweredSums;
}

/** What began to be measured before an incident's end: the part of each window, by its length. */
export interface AnsweredSums {
  readonly until: Date;
  readonly windows: ReadonlyMap<number, Sums>;
}

/** How something was distributed in one window, as triggers see it. */
export type DistributionWindow = Pick<Distribution, 'of' | 'at' | 'buckets' | 'summary' | 'windowSeconds'> & {
  /** It lies within an incident, so it is no part of what is usual. */
  readonly inIncident: boolean;
};

/** What is known of a service when its triggers are evaluated. */
export interface Evidence {
  readonly slis: ReadonlyMap<string, SliEvidence>;
  /** Absent where the service asks for none. */
  readonly slices?: SlicesEvidence;
  /** The newest state of each vendor alert that is not long over. */
  readonly alerts: readonly Alert[];
  /** Reports as far back as the rules count them, in any order. */
  readonly reports: readonly Pick<Report, 'category' | 'at'>[];
  /** The sums of each rate whose budget is watched; absent when none is. */
  readonly burns?: ReadonlyMap<string, RateSums>;
  /** In any order; absent when no rule looks at them. */
  readonly distributions?: readonly DistributionWindow[];
}

/**
 * Checks in order, those of one moment as one weighted by samples: whatever the order and number of their arrivals,
 * they say the same. `checks` may be in any order; exact repeats change nothing. `src/adapters/db/moments.ts` says the
 * same in SQL.
 */
export function inOrder(checks: readonly Check[]): readonly Check[] {
  const byMoment = new Map<number, Check[]>();
  for (const check of checks) {
    const same = byMoment.get(check.at.getTime());
    if (same === undefined) byMoment.set(check.at.getTime(), [check]);
    else same.push(check);
  }
  return [...byMoment.values()].map(asOne).sort((a, b) => a.at.getTime() - b.at.getTime());
}

function asOne(same: readonly Check[]): Check {
  // Sums of the same numbers in another order may differ in their last digit.
  const sorted = [...same].sort(
    (a, b) =>
      a.value - b.value || weightOf(a) - weightOf(b) || (b.windowSeconds ?? -1) - (a.windowSeconds ?? -1),
  );
  const apart = sorted.filter(
    (check, index) => sorted.findIndex((known) => isRepeat(known, check)) === index,
  );
  const [lowest, ...others] = apart;
  if (lowest === undefined) throw new RangeError('a moment without a check');
  const { series: _series, ...first } = lowest;
  if (others.length === 0) return first;
  const total = apart.reduce((sum, check) => sum + weightOf(check), 0);
  const known = apart.every((check) => check.samples !== undefined);
  const { samples: _one, ...rest } = first;
  return {
    ...rest,
    value: apart.reduce((sum, check) => sum + check.value * weightOf(check), 0) / (total === 0 ? 1 : total),
    ...(known ? { samples: total } : {}),
    inIncident: apart.some((check) => check.inIncident),
  };
}

function weightOf({ samples = 1 }: Check): number {
  return samples;
}

function isRepeat(known: Check, check: Check): boolean {
  return known.value === check.value && known.samples === check.samples && known.series === check.series;
}
