import { AppError } from '../errors.ts';
import { type NewJob, runVerb } from '../verb.ts';
import { attach, declareFrom, worstOf } from './declare-findings.ts';
import type { Actor, Incident } from './incident.ts';
import { showProposal } from './jobs.ts';
import { pageWhenBad } from './paging.ts';
import type { IncidentChange, IncidentDeps, IncidentService } from './ports.ts';
import type { TimelineEntry } from './timeline.ts';
import type { Proposal } from './watch.ts';

/**
 * A person says whether a proposal is an incident. The second answer changes nothing and hears what the first was.
 * After "Not an incident" the same findings are not proposed again before they have recovered.
 *
 * @throws AppError `not_found`, `not_allowed_now`.
 */
export function answerProposal(
  deps: IncidentDeps,
  input: { proposalId: string; by: string; answer: 'declare' | 'dismiss' },
): Promise<Proposal> {
  const { store } = deps;
  return runVerb(
    {
      load: async () => {
        const proposal = await store.proposal(input.proposalId);
        if (proposal === undefined)
          throw new AppError('not_found', 'That question is not known here any more.');
        // The watch first: whoever declares after it was read has changed its version.
        const watch = await store.watch(proposal.service);
        return { proposal, watch, open: await store.openIncidents(proposal.service) };
      },
      save: (change: IncidentChange) => store.save(change),
    },
    ({ proposal, watch, open }) => {
      const context = { now: deps.clock.now(), newId: deps.newId };
      if (proposal.state !== 'open') return { change: undefined, result: proposal };
      const answered = { ...proposal, answeredBy: input.by, answeredAt: context.now };
      if (input.answer === 'dismiss') {
        const dismissed: Proposal = { ...answered, state: 'dismissed' };
        return { change: { proposals: [dismissed], jobs: [showProposal(proposal.id)] }, result: dismissed };
      }
      const service = deps.services.get(proposal.service);
      if (service === undefined) {
        throw new AppError(
          'not_found',
          `There is no service file for "${proposal.service}" any more. Add it again, then restart aire.`,
        );
      }
      const findings = proposal.findings
        .flatMap((key) => watch.findings[key] ?? [])
        .filter((finding) => finding.state !== 'healthy');
      const worst = worstOf(findings);
      if (worst === undefined)
        throw new AppError(
          'not_allowed_now',
          'What was proposed is not seen any more. Declare it with /aire incident declare.',
        );
      const kind = deps.playbook.triggers[worst.trigger]?.kind;
      const already = open.find((incident) => incident.kind === kind);
      const person = { kind: 'person', id: input.by } as const;
      // Somebody may have declared by hand while the question stood: then this belongs there.
      const { incident, timeline, jobs } =
        already === undefined
          ? declaredBy(
              person,
              declareFrom({ service, playbook: deps.playbook }, worst, findings, proposal.id, context),
            )
          : joined(service, already, attach(already, findings, context));
      const declared: Proposal = { ...answered, state: 'declared', incidentId: incident.id };
      const linked = Object.fromEntries(
        Object.entries(watch.findings).map(([key, finding]) => [
          key,
          findings.includes(finding) ? { ...finding, incidentId: incident.id } : finding,
        ]),
      );
      return {
        change: {
          watch: { ...watch, findings: linked },
          proposals: [declared],
          incidents: [incident],
          timeline,
          jobs: [...jobs, showProposal(proposal.id)],
        },
        result: declared,
      };
    },
  );
}

/** What joins an open incident may make it worse: then its owners are paged as when it is declared so. */
function joined<Attached extends { incident: Incident; jobs: readonly NewJob[] }>(
  service: IncidentService,
  before: Incident,
  attached: Attached,
): Attached {
  return {
    ...attached,
    jobs: [...attached.jobs, ...pageWhenBad(service, attached.incident, before.severity)],
  };
}

/** A declaration as the person's own who gave the answer. */
function declaredBy<Declared extends { incident: Incident; timeline: readonly TimelineEntry[] }>(
  person: Actor,
  declared: Declared,
): Declared {
  return {
    ...declared,
    incident: { ...declared.incident, declaredBy: person },
    timeline: declared.timeline.map((each) => (each.kind === 'declared' ? { ...each, actor: person } : each)),
  };
}
