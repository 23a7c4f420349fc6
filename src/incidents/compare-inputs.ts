import type { Distribution } from '../signals/signal.ts';

/** From this population stability index on a distribution has clearly moved. */
const MOVED = 0.2;

/** How a distribution of the incident's time stands to the one of the week before. */
export interface InputShift {
  /** Such as `language`. */
  readonly of: string;
  /** More than its reading limit, and more than samples of these sizes show by chance. */
  readonly moved: boolean;
  /** The bucket whose share changed most, and its shares before and now. */
  readonly bucket: string;
  readonly before: number;
  readonly now: number;
}

/** Compares each distribution that both times have, the most moved first. */
export function compareInputs(
  before: readonly Distribution[],
  now: readonly Distribution[],
): readonly InputShift[] {
  const earlier = sums(before);
  return [...sums(now)]
    .flatMap(([of, counts]) => {
      const known = earlier.get(of);
      return known === undefined ? [] : [{ of, ...shift(known, counts) }];
    })
    .sort((a, b) => b.stability - a.stability || a.of.localeCompare(b.of))
    .map(({ stability: _index, ...found }) => found);
}

function shift(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>) {
  const buckets = [...new Set([...before.keys(), ...now.keys()])].sort();
  const totals = { before: total(before), now: total(now) };
  const shares = buckets.map((bucket) => ({
    bucket,
    before: (before.get(bucket) ?? 0) / totals.before,
    now: (now.get(bucket) ?? 0) / totals.now,
  }));
  // Half an observation in each bucket: one that is new must not count as infinitely far.
  const smoothed = (count: number, of: number): number => (count + 0.5) / (of + buckets.length / 2);
  const stability = buckets.reduce((sum, bucket) => {
    const p = smoothed(now.get(bucket) ?? 0, totals.now);
    const q = smoothed(before.get(bucket) ?? 0, totals.before);
    return sum + (p - q) * Math.log(p / q);
  }, 0);
  const byChance = (buckets.length - 1) * (1 / totals.now + 1 / totals.before);
  const most = shares.reduce((so, each) =>
    Math.abs(each.now - each.before) > Math.abs(so.now - so.before) ? each : so,
  );
  return { ...most, stability, moved: stability >= MOVED && stability > 3 * byChance };
}

/** The counts of each distribution that counted anything, added up. */
function sums(distributions: readonly Distribution[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const all = new Map<string, Map<string, number>>();
  for (const { of, buckets } of distributions) {
    const known = all.get(of) ?? new Map<string, number>();
    all.set(of, known);
    for (const [bucket, count] of Object.entries(buckets ?? {}))
      known.set(bucket, (known.get(bucket) ?? 0) + count);
  }
  return new Map([...all].filter(([, counts]) => total(counts) > 0));
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
