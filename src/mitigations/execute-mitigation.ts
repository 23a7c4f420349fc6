import { contentHash } from '../ids.ts';
import { AIRE, isOpen } from '../incidents/incident.ts';
import { type EntryContext, entry } from '../incidents/timeline.ts';
import type { Decision } from '../verb.ts';
import { changeMitigation, type MitigationWithIncident } from './change-mitigation.ts';
import { checkDeadline, showMitigation } from './jobs.ts';
import type { Mitigation } from './mitigation.ts';
import { ended, ran } from './outcome.ts';
import type { MitigationChange, MitigationDeps, MitigationTarget, SendOutcome } from './ports.ts';

/** What the job that sends should do next. */
export type ExecutionResult = { readonly kind: 'done' } | { readonly kind: 'retry'; readonly reason: string };

/**
 * Sends an approved mitigation. That it is about to be sent is recorded first, so that after a crash it is known
 * to be possible that it was: then it is sent again only where the target makes that harmless (guarantee 2).
 * `lastAttempt` ends it instead of trying again.
 */
export async function executeMitigation(
  deps: MitigationDeps,
  target: MitigationTarget,
  mitigationId: string,
  lastAttempt: boolean,
): Promise<ExecutionResult> {
  const toSend = await changeMitigation(deps, mitigationId, beginSending);
  if (toSend === undefined) return { kind: 'done' };
  const outcome = await target.send(toSend);
  return changeMitigation(deps, mitigationId, (state, context) =>
    recordOutcome(state, outcome, lastAttempt, context),
  );
}

function beginSending(
  { mitigation, incident }: MitigationWithIncident,
  context: EntryContext,
): Decision<MitigationChange, Mitigation | undefined> {
  const stop = (state: 'expired' | 'unknown', detail: string): Decision<MitigationChange, undefined> => ({
    change: ended(mitigation, incident, state, detail, context),
    result: undefined,
  });
  if (mitigation.state !== 'approved' && mitigation.state !== 'running')
    return { change: undefined, result: undefined };

  const mayHaveBeenSent = mitigation.state === 'running';
  const invalid = whyNotValid(mitigation, incident, context.now);
  if (invalid !== undefined) {
    return mayHaveBeenSent
      ? stop('unknown', `aire was interrupted while sending it, and it may not be sent again: ${invalid}`)
      : stop('expired', `Not sent: ${invalid}`);
  }
  if (mayHaveBeenSent && mitigation.definition.idempotency === 'none') {
    return stop(
      'unknown',
      'aire was interrupted while sending it. The target does not recognise repeats, so it was not sent again. Look at the target and say what happened.',
    );
  }
  if (mayHaveBeenSent) return { change: undefined, result: mitigation };
  const running: Mitigation = { ...mitigation, state: 'running', sentAt: context.now };
  return {
    change: { mitigations: [running], jobs: [showMitigation(incident.id, mitigation.id)] },
    result: { ...running, version: mitigation.version + 1 },
  };
}

/** Policy, checked once more at the last moment: nothing is sent without a valid, unexpired approval of these exact parameters. */
function whyNotValid(
  mitigation: Mitigation,
  incident: MitigationWithIncident['incident'],
  now: Date,
): string | undefined {
  if (mitigation.decidedBy === undefined || mitigation.decidedAt === undefined) return 'nobody approved it.';
  if (mitigation.twoPerson && mitigation.decidedBy === mitigation.requestedBy)
    return 'it was approved by its requester.';
  if (contentHash(mitigation.request) !== mitigation.parametersHash)
    return 'its parameters are not the approved ones.';
  if (now >= mitigation.expiresAt) return 'the approval has expired. Request it again.';
  if (!isOpen(incident)) return 'the incident is not open any more.';
  return undefined;
}

function recordOutcome(
  { mitigation, incident }: MitigationWithIncident,
  outcome: SendOutcome,
  lastAttempt: boolean,
  context: EntryContext,
): Decision<MitigationChange, ExecutionResult> {
  const done: ExecutionResult = { kind: 'done' };
  // A fast target may have reported back before its answer to the request was recorded.
  if (mitigation.state !== 'running') return { change: undefined, result: done };
  const { definition } = mitigation;
  switch (outcome.kind) {
    case 'accepted': {
      if (definition.confirm === undefined)
        return { change: ran(mitigation, incident, outcome.detail, context), result: done };
      const said = entry(
        context,
        incident,
        AIRE,
        'mitigation_sent',
        `Sent: ${definition.title}. ${outcome.detail}`,
        { data: { mitigation: mitigation.id } },
      );
      const deadline = new Date(context.now.getTime() + definition.confirm.callback.timeout);
      return {
        change: {
          mitigations: [{ ...mitigation, detail: outcome.detail }],
          timeline: [said],
          jobs: [
            checkDeadline(mitigation.id, incident.id, 'answer', deadline),
            showMitigation(incident.id, mitigation.id),
          ],
        },
        result: done,
      };
    }
    case 'refused':
      return { change: ended(mitigation, incident, 'failed', outcome.detail, context), result: done };
    case 'not_sent':
      return lastAttempt
        ? {
            change: ended(mitigation, incident, 'failed', `It could not be sent: ${outcome.detail}`, context),
            result: done,
          }
        : { change: undefined, result: { kind: 'retry', reason: outcome.detail } };
    case 'ambiguous':
      return lastAttempt || definition.idempotency === 'none'
        ? {
            change: ended(
              mitigation,
              incident,
              'unknown',
              `It may or may not have happened: ${outcome.detail} Look at the target and say what happened.`,
              context,
            ),
            result: done,
          }
        : { change: undefined, result: { kind: 'retry', reason: outcome.detail } };
  }
}
