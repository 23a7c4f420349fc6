import type { DistributionSummary } from '../signals/signal.ts';
import { added, type Buckets, pooled } from './drift.ts';
import type { DistributionWindow } from './evidence.ts';

/** The counts of those windows that have any. */
export function bucketsOf(windows: readonly DistributionWindow[]): readonly Buckets[] {
  return windows.flatMap(({ buckets }) => (buckets === undefined ? [] : [buckets]));
}

/** The summaries of those windows that have one. */
export function summariesOf(windows: readonly DistributionWindow[]): readonly DistributionSummary[] {
  return windows.flatMap(({ summary }) => (summary === undefined ? [] : [summary]));
}

/** Oldest first; those of one moment as one, exact repeats once. */
export function windowsInOrder(windows: readonly DistributionWindow[]): readonly DistributionWindow[] {
  const byMoment = new Map<number, Map<string, DistributionWindow>>();
  for (const window of windows) {
    const at = window.at.getTime();
    const same = byMoment.get(at) ?? new Map<string, DistributionWindow>();
    byMoment.set(at, same.set(contentOf(window), window));
  }
  return [...byMoment].sort(([a], [b]) => a - b).flatMap(([, same]) => asOne([...same.values()]) ?? []);
}

function contentOf({ buckets, summary }: DistributionWindow): string {
  const sorted = buckets === undefined ? null : Object.entries(buckets).sort();
  return JSON.stringify([sorted, summary?.mean, summary?.sd, summary?.count]);
}

function asOne(same: readonly DistributionWindow[]): DistributionWindow | undefined {
  const [first, ...others] = [...same].sort((a, b) => (contentOf(a) < contentOf(b) ? -1 : 1));
  if (first === undefined || others.length === 0) return first;
  const counts = bucketsOf(same);
  const summaries = summariesOf(same);
  const { buckets: _buckets, summary: _summary, ...rest } = first;
  return {
    ...rest,
    ...(counts.length > 0 ? { buckets: added(counts) } : { summary: pooled(summaries) }),
    inIncident: same.some((each) => each.inIncident),
  };
}
