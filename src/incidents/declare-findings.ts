import type { Playbook } from '../runbooks/schema.ts';
import type { TriggerRule } from '../triggers/schema.ts';
import { worse } from '../triggers/severity.ts';
import { AIRE, type Incident } from './incident.ts';
import { refresh, say } from './jobs.ts';
import { withEarliestOnset } from './onset.ts';
import { firedSli, openIncident } from './open-incident.ts';
import type { IncidentService } from './ports.ts';
import { type EntryContext, entry } from './timeline.ts';
import type { WatchedFinding } from './watch.ts';

/** The worst finding, the first of equals. */
export function worstOf(findings: readonly WatchedFinding[]): WatchedFinding | undefined {
  return findings.reduce<WatchedFinding | undefined>(
    (worst, finding) =>
      worst === undefined ||
      (finding.severity !== worst.severity && worse(finding.severity, worst.severity) === finding.severity)
        ? finding
        : worst,
    undefined,
  );
}

/** What recovered and fires again is named already. */
export function withoutRepeats(keys: readonly string[]): readonly string[] {
  return [...new Set(keys)];
}

/** Attaches findings to an incident; a worse one raises its severity, none ever lowers it. */
export function attach(incident: Incident, findings: readonly WatchedFinding[], context: EntryContext) {
  const timeline = findings.map((finding) =>
    entry(context, incident, AIRE, 'signal_attached', finding.reason, {
      data: { finding: finding.key },
      ...(finding.url === undefined ? {} : { url: finding.url }),
    }),
  );
  const severity = findings.reduce((so, finding) => worse(so, finding.severity), incident.severity);
  if (severity !== incident.severity) {
    timeline.push(
      entry(
        context,
        incident,
        AIRE,
        'severity_changed',
        `Severity raised from ${incident.severity} to ${severity} by what was attached.`,
      ),
    );
  }
  return {
    incident: {
      // An alert without a number may declare; the first number that follows is what must be brought back.
      ...(incident.fired === undefined
        ? firedSli(findings.find((finding) => finding.sli !== undefined))
        : {}),
      ...withEarliestOnset(incident, findings),
      severity,
      findings: withoutRepeats([...incident.findings, ...findings.map((finding) => finding.key)]),
    },
    timeline,
    jobs: [...timeline.map(say), ...refresh(incident.id)],
  };
}

/** Declares an incident from a finding, with the others that fire beside it. */
export function declareFrom(
  state: { readonly service: IncidentService; readonly playbook: Playbook },
  finding: WatchedFinding,
  all: readonly WatchedFinding[],
  episode: string,
  context: EntryContext,
) {
  const rule = ruleOf(state.playbook, finding.trigger);
  const declared = openIncident(
    {
      service: state.service,
      playbook: state.playbook,
      title: rule.title,
      reason: finding.reason,
      kind: rule.kind,
      severity: finding.severity,
      declareKey: `${state.service.service}:${episode}`,
      by: AIRE,
      trigger: finding.trigger,
      finding,
      findings: all.map((each) => each.key),
    },
    context,
  );
  const others = all.filter((each) => each.key !== finding.key);
  const timeline = others.map((other) =>
    entry(context, declared.incident, AIRE, 'signal_attached', other.reason, {
      data: { finding: other.key },
    }),
  );
  return { ...declared, timeline: [...declared.timeline, ...timeline] };
}

function ruleOf(playbook: Playbook, trigger: string): Pick<TriggerRule, 'title' | 'kind'> {
  return playbook.triggers[trigger] ?? { title: trigger, kind: 'unknown' };
}
