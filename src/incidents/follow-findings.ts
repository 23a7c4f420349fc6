import type { Playbook } from '../runbooks/schema.ts';
import { worse } from '../triggers/severity.ts';
import { sliFindingKey } from '../triggers/slice.ts';
import type { Finding } from '../triggers/trigger.ts';
import type { NewJob } from '../verb.ts';
import { attach, declareFrom, worstOf } from './declare-findings.ts';
import { evalsOnSuspicion } from './evals-on-suspicion.ts';
import { goneEntries, goneFrom } from './findings-gone.ts';
import { AIRE, type Incident, incidentName } from './incident.ts';
import { refresh, say, showProposal } from './jobs.ts';
import { shapesNamed } from './onset.ts';
import { pageWhenBad } from './paging.ts';
import type { IncidentChange, IncidentService } from './ports.ts';
import { closeOver, FLAPPING, propose } from './propose-findings.ts';
import { raisedByOwn } from './raise-severity.ts';
import { isAsRemembered, remember, unlinked } from './remember-findings.ts';
import { type EntryContext, entry, type TimelineEntry } from './timeline.ts';
import type { Proposal, ServiceWatch, WatchedFinding } from './watch.ts';

/** What a service's findings are followed up against. */
export interface FollowState {
  readonly service: IncidentService;
  readonly playbook: Playbook;
  readonly watch: ServiceWatch;
  /** The service's open incidents, oldest first. */
  readonly open: readonly Incident[];
  /** The questions that the service's findings belong or belonged to. */
  readonly proposals: readonly Proposal[];
  /** The incidents that findings belong to and that are over. */
  readonly over: readonly Incident[];
}

type Links = Pick<WatchedFinding, 'incidentId' | 'proposalId' | 'declaredAt'>;

/** What a set of findings leads to. */
interface Consequence {
  readonly incidents?: readonly Incident[];
  readonly proposals?: readonly Proposal[];
  readonly timeline?: readonly TimelineEntry[];
  readonly jobs?: readonly NewJob[];
  /** What it is about belongs to this from now on. */
  readonly about?: readonly WatchedFinding[];
  readonly link?: Links;
}

/**
 * What new findings mean (design §6): recovered ones are said so; new firing ones attach to the open incident, else are
 * declared (`auto`), proposed (`propose`) or only counted (`shadow`). A crossing that may be chance is proposed, never
 * declared. Undefined when nothing at all changed.
 */
export function followFindings(
  state: FollowState,
  findings: readonly Finding[],
  context: EntryContext,
): IncidentChange | undefined {
  const seen = remember(state.watch, findings, context.now);
  const remembered = { ...seen, ...goneFrom(state, seen, context.now) };
  const unanswered = Object.values(remembered).filter(
    (finding) => isUnanswered(finding, state, context.now) && !isSaidByTotal(finding, remembered),
  );
  const recovered = recoveries(state, remembered, context);
  const raised = raisedByOwn(state, remembered, context);
  const risen = raised.map(({ incident }) => incident);
  // What closes now can't be joined by what is new.
  const asked = {
    ...state,
    open: state.open.map((each) => risen.find(({ id }) => id === each.id) ?? each),
    proposals: withoutOld(state.proposals, recovered.proposals),
  };
  // Safety opens its own incident and is asked about by itself; all else belongs together (design §6).
  const followed = [true, false].map((safety) => {
    const about = unanswered.filter((finding) => isOfSafety(finding, state.playbook) === safety);
    return consequence(partOf(asked, safety), about, context);
  });
  const linkOf = ({ key }: WatchedFinding): Links | undefined =>
    followed.find(({ about = [] }) => about.some((each) => each.key === key))?.link;

  const next = Object.fromEntries(
    Object.entries(remembered)
      // What is gone was said where its question closes.
      .filter(
        ([, { gone, proposalId }]) =>
          gone === undefined || recovered.proposals.every(({ id }) => id !== proposalId),
      )
      .map(([key, finding]) => [
        key,
        finding.state === 'healthy' ? unlinked(finding) : relinked(finding, linkOf(finding)),
      ]),
  );
  if (isAsRemembered(state.watch.findings, next)) return undefined;

  // Cards show the latest value of what fired, so they follow every change of a linked finding.
  const shown = new Set(Object.values(remembered).flatMap((finding) => finding.incidentId ?? []));
  const cards = state.open.flatMap((incident) => (shown.has(incident.id) ? refresh(incident.id) : []));
  const written = followed.flatMap(({ incidents = [] }) => incidents);
  const named = shapesNamed(
    asked.open.filter((incident) => written.every((each) => each.id !== incident.id)),
    next,
  );
  return {
    watch: { ...state.watch, findings: next },
    incidents: withoutOld(risen, [...written, ...named]),
    proposals: withoutOld(
      recovered.proposals,
      followed.flatMap(({ proposals = [] }) => proposals),
    ),
    timeline: [
      ...recovered.timeline,
      ...raised.flatMap(({ timeline }) => timeline),
      ...followed.flatMap(({ timeline = [] }) => timeline),
    ],
    jobs: [
      ...recovered.jobs,
      ...raised.flatMap(({ jobs }) => jobs),
      ...followed.flatMap(({ jobs = [] }) => jobs),
      ...cards,
      ...evalsOnSuspicion(state, remembered, context.now),
    ],
  };
}

function isOfSafety({ trigger }: Pick<WatchedFinding, 'trigger'>, { triggers }: Playbook): boolean {
  return triggers[trigger]?.kind === 'safety';
}

/** The incidents and questions that are about safety, or those that are not. */
function partOf(state: FollowState, safety: boolean): FollowState {
  return {
    ...state,
    open: state.open.filter((incident) => (incident.kind === 'safety') === safety),
    proposals: state.proposals.filter((proposal) => isOfSafety(proposal, state.playbook) === safety),
  };
}

/** What fires on after its incident was resolved says so, since that is what is asked about. */
function firingOn(finding: WatchedFinding, over: readonly Incident[]): WatchedFinding {
  const incident = over.find((each) => each.id === finding.incidentId);
  if (incident === undefined) return finding;
  return {
    ...finding,
    reason: `${finding.reason} ${incidentName(incident)} was resolved, but this goes on.`,
  };
}

/** Each question or incident once, as it is now. */
function withoutOld<Entity extends { readonly id: string }>(
  old: readonly Entity[],
  now: readonly Entity[],
): readonly Entity[] {
  return [...old.filter((each) => now.every((other) => other.id !== each.id)), ...now];
}

/** It belongs to one thing: what it belonged to before is over. */
function relinked(finding: WatchedFinding, link: Links | undefined): WatchedFinding {
  if (link === undefined) return finding;
  const { incidentId: _incident, proposalId: _proposal, ...rest } = finding;
  return { ...rest, ...link };
}

/**
 * Something about it must be done now: it fires or is suspected and belongs to nothing; or it fires by now and belongs to
 * a question that was asked on a mere suspicion.
 */
function isUnanswered(finding: WatchedFinding, { proposals, over }: FollowState, now: Date): boolean {
  if (finding.incidentId !== undefined) {
    // Who resolves an incident has seen that it still fires; an hour later that should not be so any more.
    const resolvedAt = over.find((incident) => incident.id === finding.incidentId)?.resolvedAt;
    return (
      finding.state === 'firing' &&
      finding.isRecovering !== true &&
      resolvedAt !== undefined &&
      now.getTime() - resolvedAt.getTime() > FLAPPING
    );
  }
  if (finding.state === 'suspected')
    return finding.isUnconfirmed === true && finding.proposalId === undefined;
  if (finding.state !== 'firing') return false;
  const asked = proposals.find((proposal) => proposal.id === finding.proposalId);
  return finding.proposalId === undefined || asked?.isSuspicion === true;
}

/**
 * Slices are for what the total hides. Where the total says it itself, no less badly, twenty languages would only say
 * it again; what goes on when the total is well again is followed then.
 */
function isSaidByTotal(
  finding: WatchedFinding,
  remembered: Readonly<Record<string, WatchedFinding>>,
): boolean {
  const { trigger, sli, slice, state, severity } = finding;
  const total = slice === undefined ? undefined : remembered[sliFindingKey(trigger, sli)];
  if (total === undefined || worse(total.severity, severity) !== total.severity) return false;
  return total.state === 'firing' || (total.state === 'suspected' && state === 'suspected');
}

function consequence(
  state: FollowState,
  unanswered: readonly WatchedFinding[],
  context: EntryContext,
): Consequence {
  const firing = unanswered.filter((finding) => finding.state === 'firing');
  const worst = worstOf(firing);
  const openIncident = state.open.at(-1);
  if (openIncident !== undefined) {
    // A suspicion adds nothing to what is being worked on already.
    if (worst === undefined) return {};
    const attached = attach(openIncident, firing, context);
    return {
      ...attached,
      incidents: [attached.incident],
      jobs: [...attached.jobs, ...pageWhenBad(state.service, attached.incident, openIncident.severity)],
      about: firing,
      link: { incidentId: openIncident.id },
    };
  }
  const asked = state.proposals.find((proposal) => proposal.state === 'open');
  if (worst !== undefined && state.service.declare === 'auto' && mayDeclare(worst, state, context.now)) {
    const episode = `${worst.key}@${worst.since.toISOString()}`;
    const declared = declareFrom(state, worst, firing, episode, context);
    const { id } = declared.incident;
    const answered: readonly Proposal[] =
      asked === undefined ? [] : [{ ...asked, state: 'declared', incidentId: id, answeredAt: context.now }];
    return {
      incidents: [declared.incident],
      proposals: answered,
      timeline: declared.timeline,
      jobs: [...declared.jobs, ...answered.map((each) => showProposal(each.id))],
      about: firing,
      link: { incidentId: id, declaredAt: context.now },
    };
  }
  const shadow = state.service.declare === 'shadow';
  const about = (shadow ? firing : unanswered).map((finding) => firingOn(finding, state.over));
  const proposal = propose(
    state.service.service,
    about,
    state.proposals,
    shadow ? 'shadow' : 'open',
    context,
  );
  if (proposal === undefined) return {};
  return {
    proposals: [proposal],
    jobs: shadow ? [] : [showProposal(proposal.id)],
    about,
    link: { proposalId: proposal.id },
  };
}

/**
 * Not what a person said no to while it was a suspicion, nor what fires on after its incident was resolved, and what flaps
 * at most once an hour: that is asked instead.
 */
function mayDeclare(finding: WatchedFinding, { proposals }: FollowState, now: Date): boolean {
  const asked = proposals.find((proposal) => proposal.id === finding.proposalId);
  const declaredLately =
    finding.declaredAt !== undefined && now.getTime() - finding.declaredAt.getTime() < FLAPPING;
  return asked?.state !== 'dismissed' && !declaredLately && finding.incidentId === undefined;
}

/** What is well again, or gone: said on its incident, and the end of its question. */
function recoveries(
  state: FollowState,
  remembered: Readonly<Record<string, WatchedFinding>>,
  context: EntryContext,
): Required<Pick<Consequence, 'proposals' | 'timeline' | 'jobs'>> {
  const recovered = Object.values(remembered).filter(
    (finding) => finding.state === 'healthy' && (finding.incidentId ?? finding.proposalId) !== undefined,
  );
  const said = recovered.flatMap((finding) => {
    const incident = state.open.find((open) => open.id === finding.incidentId);
    if (incident === undefined) return [];
    return [
      entry(context, incident, AIRE, 'signal_recovered', `Recovered: ${finding.reason}`, {
        data: { finding: finding.key },
      }),
    ];
  });
  const asked = state.open.flatMap(
    (incident) => allRecovered(incident, remembered, recovered, context) ?? [],
  );
  const closed = state.proposals.flatMap((proposal) => closeOver(proposal, remembered, context.now) ?? []);
  const timeline = [...said, ...goneEntries(state.watch, remembered, state.open, context), ...asked];
  return {
    proposals: closed,
    timeline,
    jobs: [
      ...timeline.map(say),
      ...closed.flatMap((proposal) => (proposal.state === 'shadow' ? [] : [showProposal(proposal.id)])),
    ],
  };
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
