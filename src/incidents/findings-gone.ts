import { ALERT_MEMORY, vendorName } from '../triggers/evaluate-alert.ts';
import type { Finding } from '../triggers/trigger.ts';
import { AIRE, type Incident } from './incident.ts';
import { type EntryContext, entry, type TimelineEntry } from './timeline.ts';
import type { Proposal, ServiceWatch, WatchedFinding } from './watch.ts';

/**
 * The findings of open incidents and questions that an evaluation found nothing of: an alert that fell silent, a rule or
 * a distribution that is no more. They are not evaluable from now on and keep their links; all others are forgotten.
 */
export function goneFrom(
  { watch, open, proposals }: GoneFrom,
  seen: Readonly<Record<string, Finding>>,
  now: Date,
): Record<string, WatchedFinding> {
  const isOpen = ({ incidentId, proposalId }: WatchedFinding): boolean =>
    open.some((incident) => incident.id === incidentId) ||
    proposals.some((proposal) => proposal.id === proposalId && isAsked(proposal));
  const gone = Object.values(watch.findings)
    .filter((finding) => seen[finding.key] === undefined && finding.state !== 'healthy' && isOpen(finding))
    .map((finding): WatchedFinding => {
      if (finding.gone !== undefined) return finding;
      const why = whyGone(finding, now);
      return {
        ...finding,
        state: 'not_evaluable',
        reason: `${finding.reason} ${why}`,
        since: now,
        gone: why,
      };
    });
  return Object.fromEntries(gone.map((finding) => [finding.key, finding]));
}

interface GoneFrom {
  readonly watch: ServiceWatch;
  readonly open: readonly Incident[];
  readonly proposals: readonly Proposal[];
}

/** A question, or what is only counted, that is not over. */
export function isAsked({ state, answeredAt }: Proposal): boolean {
  return (state === 'open' || state === 'shadow') && answeredAt === undefined;
}

function whyGone({ alert, observedAt }: WatchedFinding, now: Date): string {
  const isSilent = observedAt !== undefined && now.getTime() - observedAt.getTime() > ALERT_MEMORY;
  return alert !== undefined && isSilent
    ? `No word from ${vendorName(alert.source)} for 7 days, so whether this goes on is not known.`
    : 'Its rule or its data is gone, so whether this goes on is not known.';
}

/** What an open incident is told, once, when one of its findings is gone: people alone can say that it is over. */
export function goneEntries(
  before: ServiceWatch,
  remembered: Readonly<Record<string, WatchedFinding>>,
  open: readonly Incident[],
  context: EntryContext,
): readonly TimelineEntry[] {
  return Object.values(remembered)
    .filter(({ key, gone }) => gone !== undefined && before.findings[key]?.gone === undefined)
    .flatMap((finding) => {
      const incident = open.find((each) => each.id === finding.incidentId);
      if (incident === undefined) return [];
      const text = `${finding.reason} Look there, and resolve the incident when it is over.`;
      return [entry(context, incident, AIRE, 'note', text, { data: { finding: finding.key } })];
    });
}
