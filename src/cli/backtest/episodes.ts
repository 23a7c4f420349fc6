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

/** What the played series comes to. Not being evaluable neither begins nor ends an episode. */
export function episodesOf(played: readonly Played[]): readonly Episode[] {
  const episodes: Episode[] = [];
  let open: Episode | undefined;
  for (const { check, finding } of played) {
    if (finding.state === 'not_evaluable') continue;
    if (finding.state === 'healthy') {
      if (open !== undefined) episodes.push({ ...open, clearedAt: check.at });
      open = undefined;
      continue;
    }
    const { severity, value, baseline, reason } = finding;
    const fires = finding.state === 'firing' && open?.firedAt === undefined;
    if (open === undefined || fires)
      open = {
        ...(open?.suspectedAt === undefined ? {} : { suspectedAt: open.suspectedAt }),
        ...(fires ? { firedAt: check.at } : { suspectedAt: check.at }),
        severity,
        reason,
        ...(value === undefined ? {} : { value }),
        ...(baseline === undefined ? {} : { baseline }),
      };
    else open = { ...open, severity: worse(open.severity, severity) };
  }
  return open === undefined ? episodes : [...episodes, open];
}

/** Why checks could not be evaluated, the most frequent first, with the last reason of its kind in words. */
export function notEvaluable(played: readonly Played[]): readonly { reason: string; count: number }[] {
  const kinds = new Map<string, { reason: string; count: number }>();
  for (const { finding } of played) {
    if (finding.state !== 'not_evaluable') continue;
    const kind = finding.reason.replaceAll(/\d+/g, '#');
    kinds.set(kind, { reason: finding.reason, count: (kinds.get(kind)?.count ?? 0) + 1 });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count);
}
