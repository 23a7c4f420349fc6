import type { OnsetShape } from '../triggers/onset-shape.ts';
import type { Finding } from '../triggers/trigger.ts';
import type { Incident } from './incident.ts';
import type { WatchedFinding } from './watch.ts';

/** What the checks tell of how it began, beside the likeliest moment, `startedAt`. */
export interface Onset {
  /** The 95 % likelihood interval. */
  readonly from: Date;
  readonly to: Date;
  /** As aire sees it; what people choose outranks it. */
  readonly shape: OnsetShape;
}

/** The likeliest onset and what is known of it. It can't be later than its detection, whatever the senders' clocks say. */
export function onsetOf(
  finding: Finding | undefined,
  detectedAt: Date,
): Pick<Incident, 'startedAt' | 'onset'> {
  const startedAt = earliest(finding?.onset ?? detectedAt, detectedAt);
  if (finding?.onsetBetween === undefined) return { startedAt };
  const [from, to] = finding.onsetBetween;
  return {
    startedAt,
    onset: {
      from: earliest(from, startedAt),
      to: earliest(to, detectedAt),
      shape: finding.onsetShape ?? 'unknown',
    },
  };
}

/** The onset of an incident that findings were attached to: the earliest is when it began. */
export function withEarliestOnset(incident: Incident, findings: readonly Finding[]): Incident {
  return findings.reduce((so, finding) => {
    if (finding.onset === undefined || finding.onset >= so.startedAt) return so;
    const { onset: _later, ...rest } = so;
    return { ...rest, ...onsetOf(finding, so.detectedAt) };
  }, incident);
}

/** The open incidents whose shape could not be named so far and now can, by the finding that dates their onset. */
export function shapesNamed(
  open: readonly Incident[],
  findings: Readonly<Record<string, WatchedFinding>>,
): readonly Incident[] {
  return open.flatMap((incident) => {
    const { onset } = incident;
    if (onset?.shape !== 'unknown') return [];
    const shape = incident.findings
      .flatMap((key) => findings[key] ?? [])
      .filter((finding) => finding.onset?.getTime() === incident.startedAt.getTime())
      .map((finding) => finding.onsetShape)
      .find((named) => named === 'sudden' || named === 'gradual');
    return shape === undefined ? [] : [{ ...incident, onset: { ...onset, shape } }];
  });
}

/** The last moment at which a cause can have come: what came later can't have caused it. */
export function onsetEnd({ startedAt, onset }: Pick<Incident, 'startedAt' | 'onset'>): Date {
  return onset === undefined || onset.to < startedAt ? startedAt : onset.to;
}

/** The earliest of some moments. */
export function earliest(...dates: readonly Date[]): Date {
  return new Date(Math.min(...dates.map((date) => date.getTime())));
}
