import { stableJson } from '../ids.ts';
import type { Playbook } from '../runbooks/schema.ts';
import type { TriggerRule } from '../triggers/schema.ts';
import { worse } from '../triggers/severity.ts';
import type { Finding } from '../triggers/trigger.ts';
import type { NewJob } from '../verb.ts';
import { AIRE, type Incident } from './incident.ts';
import { refresh, say, showProposal } from './jobs.ts';
import { earliest, firedSli, openIncident } from './open-incident.ts';
import { pageWhenBad } from './paging.ts';
import type { IncidentChange, IncidentService } from './ports.ts';
import { type EntryContext, entry, type TimelineEntry } from './timeline.ts';
import type { Proposal, ServiceWatch, WatchedFinding } from './watch.ts';

/** What a service's findings are followed up against. */
export interface FollowState {
  readonly service: IncidentService;
  readonly playbook: Playbook;
  readonly watch: ServiceWatch;
  /** The service's open incidents, oldest first. */
  readonly open: readonly Incident[];
  /** The question about this service that nobody has answered yet. */
  readonly openProposal: Proposal | undefined;
}

/**
 * What new findings mean (design §6): recovered ones are said so; new firing ones attach to the open incident,
 * else are declared (`auto`) or proposed (`propose`). Undefined when nothing at all changed.
 */
export function followFindings(
  state: FollowState,
  findings: readonly Finding[],
  context: EntryContext,
): IncidentChange | undefined {
  const remembered = remember(state.watch, findings, context.now);
  const recovered = Object.values(remembered).filter(
    (f) => f.state === 'healthy' && (f.incidentId ?? f.proposalId) !== undefined,
  );
  const unanswered = Object.values(remembered).filter(
    (f) => f.state === 'firing' && f.incidentId === undefined && f.proposalId === undefined,
  );

  const timeline: TimelineEntry[] = [];
  const jobs: NewJob[] = [];
  let incidents: readonly Incident[] = [];
  let proposals: readonly Proposal[] = [];
  const link: Record<string, Pick<WatchedFinding, 'incidentId' | 'proposalId'>> = {};

  for (const finding of recovered) {
    const incident = state.open.find((open) => open.id === finding.incidentId);
    if (incident === undefined) continue;
    const said = entry(context, incident, AIRE, 'signal_recovered', `Recovered: ${finding.reason}`, {
      data: { finding: finding.key },
    });
    timeline.push(said);
    jobs.push(say(said));
  }
  for (const incident of state.open) {
    const said = allRecovered(incident, remembered, recovered, context);
    if (said === undefined) continue;
    timeline.push(said);
    jobs.push(say(said));
  }
  if (state.openProposal?.findings.every((key) => remembered[key]?.state === 'healthy')) {
    proposals = [{ ...state.openProposal, state: 'recovered', answeredAt: context.now }];
    jobs.push(showProposal(state.openProposal.id));
  }

  const worst = worstOf(unanswered);
  const openIncidentOfService = state.open.at(-1);
  if (worst !== undefined && openIncidentOfService !== undefined) {
    const attached = attach(openIncidentOfService, unanswered, context);
    incidents = [attached.incident];
    timeline.push(...attached.timeline);
    jobs.push(
      ...attached.jobs,
      ...pageWhenBad(state.service, attached.incident, openIncidentOfService.severity),
    );
    for (const finding of unanswered) link[finding.key] = { incidentId: openIncidentOfService.id };
  } else if (worst !== undefined && state.service.declare === 'auto') {
    const declared = declareFrom(
      state,
      worst,
      unanswered,
      `${worst.key}@${worst.since.toISOString()}`,
      context,
    );
    incidents = [declared.incident];
    timeline.push(...declared.timeline);
    jobs.push(...declared.jobs);
    for (const finding of unanswered) link[finding.key] = { incidentId: declared.incident.id };
  } else if (worst !== undefined) {
    const proposal = propose(state, worst, unanswered, context);
    proposals = [proposal];
    jobs.push(showProposal(proposal.id));
    for (const finding of unanswered) link[finding.key] = { proposalId: proposal.id };
  }

  const next = Object.fromEntries(
    Object.entries(remembered).map(([key, finding]) => [
      key,
      finding.state === 'healthy' ? unlinked(finding) : { ...finding, ...link[key] },
    ]),
  );
  if (stableJson(next) === stableJson(state.watch.findings)) return undefined;

  // Cards show the latest value of what fired, so they follow every change of a linked finding.
  const shown = new Set(
    Object.values(remembered).flatMap((f) => (f.incidentId === undefined ? [] : [f.incidentId])),
  );
  for (const incident of state.open) if (shown.has(incident.id)) jobs.push(...refresh(incident.id));
  return { watch: { ...state.watch, findings: next }, incidents, proposals, timeline, jobs };
}

/** When a vendor's alert is among what made an incident and all of it is well again, people are asked once whether to resolve. */
function allRecovered(
  incident: Incident,
  remembered: Readonly<Record<string, WatchedFinding>>,
  recovered: readonly WatchedFinding[],
  context: EntryContext,
): TimelineEntry | undefined {
  const own = incident.findings.map((key) => remembered[key]);
  const isOver =
    recovered.some((finding) => finding.incidentId === incident.id) &&
    own.some((finding) => finding?.alert !== undefined) &&
    own.every((finding) => finding?.state === 'healthy');
  if (!isOver) return undefined;
  return {
    ...entry(context, incident, AIRE, 'all_recovered', 'All signals have recovered. Resolve?', {
      onceKey: 'all_recovered',
    }),
    id: `ent_recovered_${incident.id}`,
  };
}

/** Findings with what is remembered of them; a firing one that can't be evaluated any more keeps its links. */
function remember(
  watch: ServiceWatch,
  findings: readonly Finding[],
  now: Date,
): Record<string, WatchedFinding> {
  const seen = findings.map((finding): [string, WatchedFinding] => {
    const before = watch.findings[finding.key];
    const since = before?.state === finding.state ? before.since : now;
    const links = before === undefined ? {} : linksOf(before);
    const onset = before?.state === 'firing' && before.onset !== undefined ? { onset: before.onset } : {};
    return [finding.key, { ...finding, ...onset, since, ...links }];
  });
  return Object.fromEntries(seen);
}

function linksOf(finding: WatchedFinding): Pick<WatchedFinding, 'incidentId' | 'proposalId'> {
  return {
    ...(finding.incidentId === undefined ? {} : { incidentId: finding.incidentId }),
    ...(finding.proposalId === undefined ? {} : { proposalId: finding.proposalId }),
  };
}

function unlinked(finding: WatchedFinding): WatchedFinding {
  const { incidentId: _incident, proposalId: _proposal, ...rest } = finding;
  return rest;
}

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
function withoutRepeats(keys: readonly string[]): readonly string[] {
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
      ...incident,
      severity,
      startedAt: earliest(incident.startedAt, ...findings.flatMap((finding) => finding.onset ?? [])),
      findings: withoutRepeats([...incident.findings, ...findings.map((finding) => finding.key)]),
    },
    timeline,
    jobs: [...timeline.map(say), ...refresh(incident.id)],
  };
}

/** Declares an incident from a finding, with the others that fire beside it. */
export function declareFrom(
  state: Pick<FollowState, 'service' | 'playbook'>,
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

function propose(
  state: FollowState,
  worst: WatchedFinding,
  all: readonly WatchedFinding[],
  context: EntryContext,
): Proposal {
  const known = state.openProposal;
  if (known !== undefined) {
    // One question at a time: what fires meanwhile joins the proposal that is still open.
    return {
      ...known,
      severity: worse(known.severity, worst.severity),
      findings: withoutRepeats([...known.findings, ...all.map((f) => f.key)]),
    };
  }
  return {
    id: context.newId('prp'),
    version: 0,
    service: state.service.service,
    trigger: worst.trigger,
    severity: worst.severity,
    reason: worst.reason,
    findings: all.map((finding) => finding.key),
    at: context.now,
    state: 'open',
  };
}

function ruleOf(playbook: Playbook, trigger: string): Pick<TriggerRule, 'title' | 'kind'> {
  return playbook.triggers[trigger] ?? { title: trigger, kind: 'unknown' };
}
