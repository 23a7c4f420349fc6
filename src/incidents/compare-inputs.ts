import type { Distribution } from '../signals/signal.ts';
import { added, type Buckets, shiftOf, total } from '../triggers/drift.ts';

/** From this population stability index on a distribution has clearly moved. */
const MOVED = 0.2;
/** Samples of these sizes show as much by chance less often than this. */
const BY_CHANCE = 0.001;

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
      return known === undefined ? [] : [{ of, ...inputShift(known, counts) }];
    })
    .sort((a, b) => b.psi - a.psi || a.of.localeCompare(b.of))
    .map(({ psi: _index, ...found }) => found);
}

function inputShift(before: Buckets, now: Buckets) {
  const { psi, chance, moved } = shiftOf(now, before);
  const most = moved.reduce((so, each) =>
    Math.abs(each.to - each.from) > Math.abs(so.to - so.from) ? each : so,
  );
  return {
    bucket: most.bucket,
    before: most.from,
    now: most.to,
    psi,
    moved: psi >= MOVED && chance < BY_CHANCE,
  };
}

/** The counts of each distribution that counted anything, added up. */
function sums(distributions: readonly Distribution[]): ReadonlyMap<string, Buckets> {
  const all = new Map<string, Buckets>();
  for (const { of, buckets = {} } of distributions) all.set(of, added([all.get(of) ?? {}, buckets]));
  return new Map([...all].filter(([, counts]) => total(counts) > 0));
}
