import { HOUR } from '../time.ts';
import { worse } from '../triggers/severity.ts';
import { withoutRepeats, worstOf } from './declare-findings.ts';
import { isAsked } from './findings-gone.ts';
import type { EntryContext } from './timeline.ts';
import type { Proposal, WatchedFinding } from './watch.ts';

/** What flaps is asked about, and declares, at most once in this time. */
export const FLAPPING = HOUR;

/**
 * The question that findings belong to: the one that is open about this service, the one that recovered lately where it
 * was a suspicion (its message is edited, nobody is called twice for chance), else a new one.
 */
export function propose(
  service: string,
  findings: readonly WatchedFinding[],
  known: readonly Proposal[],
  state: 'open' | 'shadow',
  context: EntryContext,
): Proposal | undefined {
  const worst = worstOf(findings);
  if (worst === undefined) return undefined;
  const isSuspicion = findings.every((finding) => finding.state === 'suspected');
  const open = known.find((proposal) => proposal.state === state && proposal.answeredAt === undefined);
  if (open !== undefined) return join(open, findings, worst, isSuspicion);
  const earlier = known.find(
    (proposal) =>
      isSuspicion &&
      proposal.state === 'recovered' &&
      findings.some((finding) => finding.askedIn === proposal.id) &&
      (proposal.answeredAt?.getTime() ?? 0) > context.now.getTime() - FLAPPING,
  );
  const { answeredAt: _over, ...again } = earlier ?? { id: context.newId('prp'), version: 0 };
  return {
    ...again,
    service,
    trigger: worst.trigger,
    severity: worst.severity,
    reason: worst.reason,
    findings: findings.map((finding) => finding.key),
    at: context.now,
    state,
    isSuspicion,
  };
}

/** One question at a time: what is found meanwhile joins the one that is open, and what is sure speaks before what is suspected, what is worse before what is not. */
function join(
  open: Proposal,
  findings: readonly WatchedFinding[],
  worst: WatchedFinding,
  isSuspicion: boolean,
): Proposal {
  const isWorse = worse(open.severity, worst.severity) !== open.severity;
  const speaksNow = !isSuspicion && (open.isSuspicion || isWorse);
  return {
    ...open,
    severity: speaksNow ? worst.severity : worse(open.severity, worst.severity),
    ...(speaksNow ? { reason: worst.reason, trigger: worst.trigger } : {}),
    findings: withoutRepeats([...open.findings, ...findings.map((finding) => finding.key)]),
    isSuspicion: open.isSuspicion && isSuspicion,
  };
}

/**
 * A question whose findings are all over closes by itself: recovered, or without an answer where one is gone, since nobody
 * can tell any more. What was only counted stays counted.
 */
export function closeOver(
  proposal: Proposal,
  findings: Readonly<Record<string, WatchedFinding>>,
  now: Date,
): Proposal | undefined {
  if (!isAsked(proposal)) return undefined;
  // What is remembered no longer had recovered before.
  const own = proposal.findings.flatMap((key) => findings[key] ?? []);
  if (!own.every((finding) => finding.state === 'healthy' || finding.gone !== undefined)) return undefined;
  const gone = withoutRepeats(own.flatMap((finding) => finding.gone ?? []));
  if (proposal.state === 'shadow') return { ...proposal, answeredAt: now };
  return gone.length === 0
    ? { ...proposal, state: 'recovered', answeredAt: now }
    : { ...proposal, state: 'lapsed', reason: [proposal.reason, ...gone].join(' '), answeredAt: now };
}
