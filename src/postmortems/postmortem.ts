import type { GoldenCase } from '../golden-dataset/golden-case.ts';
import { type Actor, type Incident, incidentName } from '../incidents/incident.ts';
import type { TimelineEntry } from '../incidents/timeline.ts';
import type { Mitigation } from '../mitigations/mitigation.ts';
import { formatSliValue, type OwnSli, sliDefinition } from '../services/slis.ts';
import { CHANGE_KINDS } from '../signals/signal.ts';
import { formatDuration, formatUtc } from '../time.ts';
import { sliTitle } from '../triggers/slice.ts';
import type { ActionItem } from './action-item.ts';

/** Everything a postmortem is made from. */
export interface PostmortemEvidence {
  readonly incident: Incident;
  readonly timeline: readonly TimelineEntry[];
  readonly mitigations: readonly Mitigation[];
  readonly goldenCases: readonly GoldenCase[];
  readonly actionItems: readonly ActionItem[];
  readonly ownSlis: Readonly<Record<string, OwnSli>>;
  /** Names by Slack id. */
  readonly names: ReadonlyMap<string, string>;
}

/** `2026-11-21-inc-12-support-agent.md` */
export function postmortemFileName(incident: Incident): string {
  return `${incident.declaredAt.toISOString().slice(0, 10)}-inc-${incident.number}-${incident.service}.md`;
}

/** The ids of everybody a postmortem mentions. */
export function peopleIn(evidence: Omit<PostmortemEvidence, 'names'>): ReadonlySet<string> {
  const actors = evidence.timeline.flatMap((entry) =>
    entry.actor.kind === 'person' ? [entry.actor.id] : [],
  );
  const owners = evidence.actionItems.flatMap((item) => (item.owner === undefined ? [] : [item.owner]));
  const deciders = evidence.mitigations.flatMap((m) => [
    m.requestedBy,
    ...(m.decidedBy === undefined ? [] : [m.decidedBy]),
  ]);
  const { commander } = evidence.incident;
  return new Set([...actors, ...owners, ...deciders, ...(commander === undefined ? [] : [commander])]);
}

/**
 * The values of `templates/postmortem.md.hbs`: the sections of reference §H, from evidence only. What is not
 * known stays undefined, and the template says so: an unknown is a finding.
 */
export function postmortemValues(evidence: PostmortemEvidence) {
  const { incident, timeline, mitigations, goldenCases, actionItems, names } = evidence;
  const name = (id: string): string => names.get(id) ?? id;
  const who = (actor: Actor): string =>
    actor.kind === 'person' ? name(actor.id) : actor.kind === 'aire' ? 'aire' : actor.name;
  const until = (from: Date, to: Date | undefined): string | undefined =>
    to === undefined ? undefined : formatDuration(to.getTime() - from.getTime());
  const notOk = timeline.filter((entry) => entry.kind === 'step_settled' && entry.data?.outcome === 'not_ok');
  const contributing = [...notOk.map((entry) => entry.text), ...noteOf(incident, 'contributing_factors')];
  return {
    incident: incidentName(incident),
    title: incident.title,
    service: incident.service,
    severity: incident.severity,
    kind: incident.kind.replaceAll('_', ' '),
    phase: incident.phase.replaceAll('_', ' '),
    commander: incident.commander === undefined ? undefined : name(incident.commander),
    reason: incident.reason,
    milestones: milestones(incident),
    detectionTime: formatDuration(incident.detectedAt.getTime() - incident.startedAt.getTime()),
    recoveryTime: until(incident.startedAt, incident.mitigatedAt),
    resolutionTime: until(incident.startedAt, incident.resolvedAt),
    fired: firedValues(evidence),
    onsetBetween: onsetBetween(incident),
    onsetShape: onsetShapeOf(incident),
    contextAnalysis: noteOf(incident, 'context_analysis')[0],
    impact: noteOf(incident, 'customer_impact')[0],
    cause: incident.cause === undefined || incident.cause === 'unknown' ? undefined : incident.cause,
    rootCause: noteOf(incident, 'root_cause')[0],
    contributing,
    moved: whatMoved(timeline),
    mitigations: mitigations.map((m) => ({
      title: m.definition.title,
      parameters: Object.entries(m.parameters)
        .map(([key, value]) => `${key.replaceAll('_', ' ')} ${value}`)
        .join(', '),
      state: m.state,
      requestedBy: name(m.requestedBy),
      decidedBy: m.decidedBy === undefined ? undefined : name(m.decidedBy),
      detail: m.detail,
    })),
    goldenCases: goldenCases.map((golden) => ({
      id: golden.id,
      input: oneLine(golden.input),
      failure: golden.failure,
      state: golden.state,
      path: golden.path,
    })),
    actionItems: actionItems.map((item) => ({
      what: item.what,
      owner: item.owner === undefined ? undefined : name(item.owner),
      due: item.due,
      done: item.state === 'done',
    })),
    timeline: timeline.map((entry) => ({
      at: formatUtc(entry.at),
      who: who(entry.actor),
      text: oneLine(entry.text),
      url: entry.url,
    })),
  };
}

function onsetBetween({ onset }: Incident): string | undefined {
  return onset === undefined || onset.from.getTime() === onset.to.getTime()
    ? undefined
    : `${formatUtc(onset.from)} and ${formatUtc(onset.to)}`;
}

/** What a person chose, else what aire made of the checks, and that it is only that. */
function onsetShapeOf(incident: Incident): string | undefined {
  const [chosen] = noteOf(incident, 'onset_shape');
  const estimated = incident.onset?.shape ?? 'unknown';
  return chosen ?? (estimated === 'unknown' ? undefined : `${estimated} (estimated by aire, not confirmed)`);
}

function milestones(incident: Incident) {
  const rows: readonly (readonly [string, Date | undefined])[] = [
    ['Started (estimated onset)', incident.startedAt],
    ['Detected', incident.detectedAt],
    ['Declared', incident.declaredAt],
    ['Acknowledged', incident.acknowledgedAt],
    ['Mitigated', incident.mitigatedAt],
    ['Resolved', incident.resolvedAt],
    ['Closed', incident.closedAt],
  ];
  return rows.map(([what, at]) => ({
    what,
    at: at === undefined ? undefined : formatUtc(at),
    after: at === undefined ? undefined : formatDuration(at.getTime() - incident.startedAt.getTime()),
  }));
}

function firedValues({ incident, ownSlis }: PostmortemEvidence) {
  if (incident.fired === undefined) return undefined;
  const definition = sliDefinition(incident.fired.sli, ownSlis);
  return {
    sli: sliTitle(definition, incident.fired.slice),
    value: formatSliValue(incident.fired.value, definition.unit),
    baseline: formatSliValue(incident.fired.baseline, definition.unit),
  };
}

/** What responders wrote in a `note` step that sets this fact. */
function noteOf(incident: Incident, fact: string): readonly string[] {
  const value = incident.facts[fact]?.value;
  return value === undefined ? [] : [value];
}

/** Each thing that can move: changed (from → to, when) or unknown. Without a report of a change, nobody knows that there was none. */
function whatMoved(timeline: readonly TimelineEntry[]) {
  const seen = timeline.filter((entry) => entry.kind === 'change_seen');
  return CHANGE_KINDS.map((what) => {
    const changes = seen.filter((entry) => entry.data?.what === what);
    const last = changes.at(-1);
    return {
      what,
      changed: last !== undefined,
      description: changes.map((entry) => entry.text).join('; '),
      at: last === undefined ? undefined : formatUtc(last.at),
      url: last?.url,
    };
  });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
