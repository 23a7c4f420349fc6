import { stableJson } from '../ids.ts';

/** Of one label so many values are told apart: of a moment here, and of those that are watched. */
export const MOST_VALUES = 20;
/** So many parts of one moment. */
const MOST_PARTS = 100;

/** Something that its labels tell apart from others of its moment; without samples it weighs as much as they do. */
export interface Labelled {
  readonly labels: Readonly<Record<string, string>>;
  /** More than 0. */
  readonly samples?: number;
}

/** Those that have the same labels, and in words which labels were taken away. */
export interface Parts<T> {
  readonly groups: readonly (readonly T[])[];
  readonly beyond?: string;
}

/**
 * What was measured of one moment by its labels, not too many: of a label with too many values those with the most
 * samples keep it. The others count in the total only, which lacks nothing. Each moment is bounded by itself, so that who
 * asks for one and who asks for an hour store the same.
 */
export function partsOf<T extends Labelled>(all: readonly T[]): Parts<T> {
  const names = [...new Set(all.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const rare = new Map(names.map((name) => [name, rareValues(all, name)]));
  const kept = all.map((one) => {
    const labels = Object.entries(one.labels).filter(([name, value]) => !rare.get(name)?.has(value));
    return { ...one, labels: Object.fromEntries(labels) };
  });
  const groups = groupsBy(kept, ({ labels }) => stableJson(labels));
  if (groups.length > MOST_PARTS) {
    const beyond = `more than ${MOST_PARTS} combinations of ${names.join(', ')}. All of them count in the total, which lacks nothing; tell them apart by fewer labels.`;
    return { groups: [all.map((one) => ({ ...one, labels: {} }))], beyond };
  }
  const many = names.filter((name) => rare.get(name)?.size !== 0);
  if (many.length === 0) return { groups };
  const beyond = `more than ${MOST_VALUES} values of ${many.join(', ')}. The ${MOST_VALUES} with the most samples are watched by themselves, the others count in the total, which lacks nothing.`;
  return { groups, beyond };
}

/**
 * The values of a label beyond {@link MOST_VALUES}, by samples. What has less than twice as many as the last that is kept,
 * and more than half, is taken for equal and goes by name: else values of about equal traffic would change places with
 * each moment, and their slices would have holes.
 */
function rareValues(all: readonly Labelled[], name: string): ReadonlySet<string> {
  const weights = new Map<string, number>();
  for (const { labels, samples = 1 } of all) {
    const value = labels[name];
    if (value !== undefined) weights.set(value, (weights.get(value) ?? 0) + samples);
  }
  const last = [...weights.values()].sort((n, m) => m - n)[MOST_VALUES - 1];
  if (last === undefined) return new Set();
  const rank = (weight: number): number => Math.trunc(Math.log2(weight / last));
  const byRank = [...weights].sort(([a, n], [b, m]) => rank(m) - rank(n) || (a < b ? -1 : 1));
  return new Set(byRank.slice(MOST_VALUES).map(([value]) => value));
}

/** In the order in which their first one came. */
export function groupsBy<T>(all: readonly T[], keyOf: (one: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}
