import { contentHash } from '../ids.ts';
import { AIRE, isOpen } from '../incidents/incident.ts';
import { type EntryContext, entry } from '../incidents/timeline.ts';
import type { Decision } from '../verb.ts';
import { changeMitigation, type MitigationWithIncident } from './change-mitigation.ts';
import { checkDeadline, showHold, showMitigation } from './jobs.ts';
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
  const attempt = await changeMitigation(deps, mitigationId, beginSending);
  if (attempt === undefined) return { kind: 'done' };
  const outcome = await target.send(attempt.mitigation);
  return changeMitigation(deps, mitigationId, (state, context) =>
    recordOutcome(state, outcome, { ...attempt, lastAttempt }, context),
  );
}

interface Attempt {
  readonly mitigation: Mitigation;
  /** An earlier attempt was interrupted or ambiguous: the target may have got it. */
  readonly mayHaveBeenSent: boolean;
}

function beginSending(
  { mitigation, incident, heldSince }: MitigationWithIncident,
  context: EntryContext,
): Decision<MitigationChange, Attempt | undefined> {
  const stop = (state: 'expired' | 'unknown', detail: string): Decision<MitigationChange, undefined> => ({
    change: ended(mitigation, incident, state, detail, context),
    result: undefined,
  });
  if (mitigation.state !== 'approved' && mitigation.state !== 'running')
    return { change: undefined, result: undefined };

  const mayHaveBeenSent = mitigation.state === 'running';
  // The target has taken it and reports by its callback; what follows is the deadline's.
  if (mayHaveBeenSent && mitigation.detail !== undefined) return { change: undefined, result: undefined };
  const invalid = whyNotValid(mitigation, incident, context.now);
  if (invalid !== undefined) {
    return mayHaveBeenSent
      ? stop(
          'unknown',
          `It may have reached the target: look there and say what happened. It was not sent again: ${invalid}`,
        )
      : stop('expired', `Not sent: ${invalid}`);
  }
  if (mayHaveBeenSent && mitigation.definition.idempotency === 'none') {
    return stop(
      'unknown',
      'aire was interrupted while sending it. The target does not recognise repeats, so it was not sent again. Look at the target and say what happened.',
    );
  }
  if (heldSince !== undefined && mayHaveBeenSent) {
    return stop(
      'unknown',
      'The database was restored while it was being sent, so it was not sent again. Look at the target and say what happened.',
    );
  }
  if (heldSince !== undefined) {
    // The release asks for it again. Meanwhile the approval runs out as it always does.
    const jobs = [
      checkDeadline(mitigation.id, incident.id, 'approval', mitigation.expiresAt),
      showMitigation(incident.id, mitigation.id),
      showHold(heldSince),
    ];
    return { change: { jobs }, result: undefined };
  }
  const running: Mitigation = mayHaveBeenSent
    ? mitigation
    : { ...mitigation, state: 'running', sentAt: context.now };
  // Written for a repeat too: its version tells a slower attempt that it is not the only one.
  return {
    change: {
      mitigations: [running],
      jobs: mayHaveBeenSent ? [] : [showMitigation(incident.id, mitigation.id)],
    },
    result: { mitigation: { ...running, version: mitigation.version + 1 }, mayHaveBeenSent },
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
  { lastAttempt, ...attempt }: Attempt & { readonly lastAttempt: boolean },
  context: EntryContext,
): Decision<MitigationChange, ExecutionResult> {
  const done: ExecutionResult = { kind: 'done' };
  // A fast target may have reported back before its answer to the request was recorded.
  if (mitigation.state !== 'running') return { change: undefined, result: done };
  const { definition } = mitigation;
  const mayHaveReached = attempt.mayHaveBeenSent || attempt.mitigation.version !== mitigation.version;
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
    case 'refused': {
      if (!mayHaveReached)
        return { change: ended(mitigation, incident, 'failed', outcome.detail, context), result: done };
      const detail = afterEarlierTry('was refused', outcome.detail);
      return { change: ended(mitigation, incident, 'unknown', detail, context), result: done };
    }
    case 'not_sent': {
      const retry: ExecutionResult = { kind: 'retry', reason: outcome.detail };
      if (mayHaveReached) {
        const detail = afterEarlierTry('could not be sent', outcome.detail);
        return lastAttempt
          ? { change: ended(mitigation, incident, 'unknown', detail, context), result: done }
          : { change: undefined, result: retry };
      }
      // Surely not sent, so it is approved as before: the next attempt is a first one again.
      const { sentAt: _sent, ...unsent } = mitigation;
      const failure = `It could not be sent: ${outcome.detail}`;
      return lastAttempt
        ? { change: ended(unsent, incident, 'failed', failure, context), result: done }
        : {
            change: {
              mitigations: [{ ...unsent, state: 'approved' }],
              jobs: [showMitigation(incident.id, mitigation.id)],
            },
            result: retry,
          };
    }
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

function afterEarlierTry(what: string, detail: string): string {
  return `It may or may not have happened: an earlier try may have reached the target, and the last ${what}: ${detail} Look at the target and say what happened.`;
}
