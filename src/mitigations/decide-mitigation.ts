import { AppError } from '../errors.ts';
import { refresh } from '../incidents/jobs.ts';
import { entry } from '../incidents/timeline.ts';
import { changeMitigation } from './change-mitigation.ts';
import { send, showMitigation } from './jobs.ts';
import type { Mitigation } from './mitigation.ts';
import type { ApproverDirectory, MitigationDeps } from './ports.ts';

export interface DecideInput {
  readonly mitigationId: string;
  readonly by: string;
  readonly decision: 'approve' | 'reject';
  /** The parameters that the person saw. */
  readonly parametersHash: string;
}

/**
 * A person approves or rejects. An approval counts when it comes from somebody else than the requester, from an
 * approver as of now, before it expires, and for exactly the parameters that will be sent (guarantee 2).
 *
 * @throws AppError `forbidden`, `not_allowed_now`, `not_found`; what the directory throws.
 */
export async function decideMitigation(
  deps: MitigationDeps,
  approvers: ApproverDirectory,
  input: DecideInput,
): Promise<Mitigation> {
  const found = await deps.store.mitigation(input.mitigationId);
  const named = found === undefined ? [] : (deps.services.get(found.service)?.approval.approvers ?? []);
  const isApprover = named.length === 0 || (await approvers.isOneOf(input.by, named));

  return changeMitigation(deps, input.mitigationId, ({ mitigation, incident }, context) => {
    const { title } = mitigation.definition;
    if (mitigation.state !== 'requested') {
      if (mitigation.decidedBy === input.by) return { change: undefined, result: mitigation };
      throw new AppError(
        'not_allowed_now',
        `“${title}” is ${mitigation.state} already; nothing was changed.`,
      );
    }
    if (!isApprover) {
      throw new AppError(
        'forbidden',
        `Only ${named.join(', ')} may approve or reject “${title}” (approval.approvers in the service file).`,
      );
    }
    const person = { kind: 'person', id: input.by } as const;
    if (input.decision === 'reject') {
      const rejected: Mitigation = {
        ...mitigation,
        state: 'rejected',
        decidedBy: input.by,
        decidedAt: context.now,
        endedAt: context.now,
      };
      const said = entry(context, incident, person, 'mitigation_rejected', `Rejected: ${title}.`, {
        data: { mitigation: mitigation.id },
      });
      return {
        change: {
          mitigations: [rejected],
          timeline: [said],
          jobs: [showMitigation(incident.id, mitigation.id), ...refresh(incident.id)],
        },
        result: rejected,
      };
    }
    if (mitigation.requestedBy === input.by) {
      throw new AppError('forbidden', `You requested “${title}”; somebody else has to approve it.`);
    }
    if (input.parametersHash !== mitigation.parametersHash) {
      throw new AppError(
        'not_allowed_now',
        `“${title}” is not what you were shown any more. Look at its card again.`,
      );
    }
    if (context.now >= mitigation.expiresAt) {
      throw new AppError('not_allowed_now', `The request for “${title}” has expired. Request it again.`);
    }
    const approved: Mitigation = {
      ...mitigation,
      state: 'approved',
      decidedBy: input.by,
      decidedAt: context.now,
    };
    const said = entry(context, incident, person, 'mitigation_approved', `Approved: ${title}.`, {
      data: { mitigation: mitigation.id, parameters: mitigation.parametersHash },
    });
    return {
      change: {
        mitigations: [approved],
        timeline: [said],
        jobs: [
          send(incident.id, mitigation.id),
          showMitigation(incident.id, mitigation.id),
          ...refresh(incident.id),
        ],
      },
      result: approved,
    };
  });
}
