import { stableJson } from '../ids.ts';
import type { Series } from './polling-ports.ts';

/** What one series says of one moment. */
export interface PolledPart {
  /** Those of its labels that tell the parts of the SLI apart. */
  readonly labels: Readonly<Record<string, string>>;
  readonly at: Date;
  /** May be NaN or infinite. */
  readonly value: number;
  /** Absent where samples are not counted; 0 where they are and there is no count. */
  readonly samples?: number;
}

/** What must be mended in the service file; `key` stands for all faults of its kind. */
export interface QueryFault {
  readonly key: string;
  readonly reason: string;
}

/** Series that are named when there are too many. */
const NAMED = 2;

/**
 * The series of an answer as parts of one SLI. There may be several where nothing but the labels of `slices` tells them
 * apart and `samples` says how much each counts: a total of what has no size would be made up.
 *
 * @param samples matched by the labels of `slices`; undefined where none are asked for.
 * @param addsUp of a count that spikes add up a mean says nothing.
 */
export function polledParts(
  value: readonly Series[],
  samples: readonly Series[] | undefined,
  slices: readonly string[],
  addsUp = false,
): readonly PolledPart[] | QueryFault {
  if (addsUp && value.length > 1)
    return {
      key: 'count',
      reason: `The query gives ${value.length} series, such as ${named(value)}, of a count, which spikes add up, and a mean is no sum. Give one series, as in sum(…).`,
    };
  const parts = apart(value, slices);
  if (parts === undefined) return { key: 'value', reason: severalSeries(value, slices) };
  if (samples === undefined)
    return parts.size > 1
      ? { key: 'weights', reason: withoutSamples(value, slices) }
      : [...parts.values()].flatMap(({ labels, points }) => points.map((point) => ({ ...point, labels })));
  const counts = apart(samples, slices);
  if (counts === undefined) return { key: 'samples', reason: severalSeries(samples, slices) };
  if (parts.size > 0 && counts.size > 0 && ![...parts.keys()].some((key) => counts.has(key)))
    return {
      key: 'match',
      reason: `The series of value, such as ${named(value)}, are not among those of samples, such as ${named(samples)}. Write the same by (…) in both.`,
    };
  return [...parts].flatMap(([key, { labels, points }]) => {
    const counted = new Map(counts.get(key)?.points.map((point) => [point.at.getTime(), point.value]));
    return points.map((point) => ({ ...point, labels, samples: counted.get(point.at.getTime()) ?? 0 }));
  });
}

/** Each by its labels of `slices`; undefined when these do not tell all of them apart. */
function apart(all: readonly Series[], slices: readonly string[]): ReadonlyMap<string, Series> | undefined {
  const found = new Map(
    all.map((series) => {
      const labels = Object.fromEntries(
        Object.entries(series.labels).filter(([name, value]) => slices.includes(name) && value !== ''),
      );
      return [stableJson(labels), { labels, points: series.points }] as const;
    }),
  );
  return found.size === all.length ? found : undefined;
}

function severalSeries(all: readonly Series[], slices: readonly string[]): string {
  const gives = `The query gives ${all.length} series, such as ${named(all)};`;
  return slices.length === 0
    ? `${gives} a service has one value. Aggregate them, as in max(…) or sum(…).`
    : `${gives} only baseline.slices may tell them apart. Aggregate the rest, as in sum by (${slices.join(', ')}) (…).`;
}

function withoutSamples(all: readonly Series[], slices: readonly string[]): string {
  return `The query gives ${all.length} series, such as ${named(all)}, and nothing says how much each counts in the total. Write { value: …, samples: … }, both by (${slices.join(', ')}), or aggregate them.`;
}

function named(all: readonly Series[]): string {
  return all
    .slice(0, NAMED)
    .map(({ labels }) => {
      const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      return `{${pairs.join(', ')}}`.slice(0, 120);
    })
    .join(' and ');
}
