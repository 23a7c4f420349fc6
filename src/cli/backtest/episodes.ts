import { type Severity, worse } from '../../triggers/severity.ts';
import type { Played } from './play.ts';

/** From the first crossing until it was healthy again. Times are of the checks that showed it. */
export interface Episode {
  readonly suspectedAt?: Date;
  readonly firedAt?: Date;
  /** Absent: it went on at the end of the series. */
  readonly clearedAt?: Date;
  /** The worst while it fired; of what never fired, the worst it would have been. */
  readonly severity: Severity;
  /** When it fired, else when it was suspected. */
  readonly value?: number;
  readonly baseline?: number;
  readonly reason: string;
}

/** A check as the chart shows it. */
export interface PlayedPoint {
  readonly at: Date;
  readonly value: number;
  readonly baseline: number | undefined;
  readonly recoveredWithin: number | undefined;
}

/** What the played series comes to. */
export interface PlayedSeries {
  readonly points: readonly PlayedPoint[];
  readonly episodes: readonly Episode[];
  /** Why checks could not be evaluated, the most frequent first, with the last reason of its kind in words. */
  readonly notEvaluable: readonly { readonly reason: string; readonly count: number }[];
}

/** Adds up one check after another, keeping of each no more than is shown: most of the time went into keeping all. */
export function addUp(played: Iterable<Played>): PlayedSeries {
  const points: PlayedPoint[] = [];
  const episodes: Episode[] = [];
  const kinds = new Map<string, { reason: string; count: number }>();
  let open: Episode | undefined;
  for (const { check, finding } of played) {
    const { baseline, recoveredWithin } = finding;
    points.push({ at: check.at, value: check.value, baseline, recoveredWithin });
    if (finding.state === 'not_evaluable') {
      // It neither begins nor ends an episode.
      const kind = finding.reason.replaceAll(/\d+/g, '#');
      kinds.set(kind, { reason: finding.reason, count: (kinds.get(kind)?.count ?? 0) + 1 });
    } else if (finding.state === 'healthy') {
      if (open !== undefined) episodes.push({ ...open, clearedAt: check.at });
      open = undefined;
    } else open = extended(open, { check, finding });
  }
  return {
    points,
    episodes: open === undefined ? episodes : [...episodes, open],
    notEvaluable: [...kinds.values()].sort((a, b) => b.count - a.count),
  };
}

/** An episode with one more check that is not healthy. */
function extended(open: Episode | undefined, { check, finding }: Played): Episode {
  const { severity, value, baseline, reason } = finding;
  const fires = finding.state === 'firing' && open?.firedAt === undefined;
  if (open !== undefined && !fires)
    return open.severity === severity ? open : { ...open, severity: worse(open.severity, severity) };
  return {
    ...(open?.suspectedAt === undefined ? {} : { suspectedAt: open.suspectedAt }),
    ...(fires ? { firedAt: check.at } : { suspectedAt: check.at }),
    severity,
    reason,
    ...(value === undefined ? {} : { value }),
    ...(baseline === undefined ? {} : { baseline }),
  };
}
