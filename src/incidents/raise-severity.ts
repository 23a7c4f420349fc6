import { type Severity, worse } from '../triggers/severity.ts';
import type { Finding } from '../triggers/trigger.ts';
import type { NewJob } from '../verb.ts';
import { worstOf } from './declare-findings.ts';
import { AIRE, type Incident } from './incident.ts';
import { refresh, say } from './jobs.ts';
import { pageWhenBad } from './paging.ts';
import type { IncidentService } from './ports.ts';
import { type EntryContext, entry, type TimelineEntry } from './timeline.ts';
import type { ServiceWatch, WatchedFinding } from './watch.ts';

/** An incident that its own findings make worse, with what is said and who is paged. */
export interface Raised {
  readonly incident: Incident;
  readonly timeline: readonly TimelineEntry[];
  readonly jobs: readonly NewJob[];
}

/** The worst severity that a finding was linked or fired with since it belongs to its incident. */
export function reachedBy(before: WatchedFinding, finding: Finding): Severity {
  const reached = before.reached ?? before.severity;
  return finding.state === 'firing' ? worse(reached, finding.severity) : reached;
}

function isWorse(severity: Severity, than: Severity): boolean {
  return severity !== than && worse(severity, than) === severity;
}

/**
 * The open incidents whose own findings fire with a severity that is worse than theirs and that these findings had not
 * reached before (reference §D). So one that flaps around a limit raises once, and what a person lowered stays lowered
 * until it gets worse than it was.
 */
export function raisedByOwn(
  state: {
    readonly service: IncidentService;
    readonly watch: ServiceWatch;
    readonly open: readonly Incident[];
  },
  remembered: Readonly<Record<string, WatchedFinding>>,
  context: EntryContext,
): readonly Raised[] {
  return state.open.flatMap((incident) => {
    const worst = worstOf(
      Object.values(remembered).filter((finding) => {
        const before = state.watch.findings[finding.key];
        return (
          finding.incidentId === incident.id &&
          finding.state === 'firing' &&
          before !== undefined &&
          isWorse(finding.severity, before.reached ?? before.severity)
        );
      }),
    );
    if (worst === undefined || !isWorse(worst.severity, incident.severity)) return [];
    const said = entry(
      context,
      incident,
      AIRE,
      'severity_changed',
      `Severity raised from ${incident.severity} to ${worst.severity}: ${worst.reason}`,
      { data: { finding: worst.key }, ...(worst.url === undefined ? {} : { url: worst.url }) },
    );
    const raised = { ...incident, severity: worst.severity };
    return [
      {
        incident: raised,
        timeline: [said],
        jobs: [say(said), ...refresh(incident.id), ...pageWhenBad(state.service, raised, incident.severity)],
      },
    ];
  });
}
