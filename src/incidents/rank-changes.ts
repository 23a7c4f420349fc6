import { CHANGE_KINDS } from '../signals/signal.ts';
import { formatDuration } from '../time.ts';
import type { Incident } from './incident.ts';
import { onsetEnd } from './onset.ts';
import type { TimelineEntry } from './timeline.ts';

/** What moved, by how likely each change is the cause. */
export interface RankedChanges {
  /** Until the end of the onset's interval, the likeliest first. */
  readonly before: readonly TimelineEntry[];
  /** Later than that: they can't have caused it. Oldest first. */
  readonly after: readonly TimelineEntry[];
}

/**
 * Ranks the changes of an incident's service: the closest to the estimated onset first; of those that moved together
 * the one that touches the answers more directly, in the order of {@link CHANGE_KINDS}.
 */
export function rankChanges(
  incident: Pick<Incident, 'startedAt' | 'onset'>,
  changes: readonly TimelineEntry[],
): RankedChanges {
  const end = onsetEnd(incident);
  const oldestFirst = changes.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const away = (change: TimelineEntry): number =>
    Math.abs(change.at.getTime() - incident.startedAt.getTime());
  return {
    before: oldestFirst
      .filter((change) => change.at <= end)
      .sort((a, b) => away(a) - away(b) || directness(a) - directness(b)),
    after: oldestFirst.filter((change) => change.at > end),
  };
}

function directness({ data }: TimelineEntry): number {
  const index = CHANGE_KINDS.map(String).indexOf(String(data?.what));
  return index === -1 ? CHANGE_KINDS.length : index;
}

/** `12 min before`, for a sentence about the onset; what lies within its interval may have been before it too. */
export function howLongBefore(at: Date, { startedAt }: Pick<Incident, 'startedAt'>): string {
  const before = startedAt.getTime() - at.getTime();
  if (before === 0) return 'at that moment';
  return before > 0
    ? `${formatDuration(before)} before`
    : `${formatDuration(-before)} after the estimate, within its uncertainty`;
}
