import { type Incident, incidentName } from '../../../incidents/incident.ts';
import type { Mitigation, MitigationState } from '../../../mitigations/mitigation.ts';
import { ACTIONS } from '../action-ids.ts';
import {
  actions,
  button,
  context,
  escapeMrkdwn,
  fields,
  person,
  type SlackMessage,
  section,
  slackDate,
} from './blocks.ts';

const HEAD: Readonly<Record<MitigationState, string>> = {
  requested: ':raised_hand: *Approval needed*',
  approved: ':hourglass_flowing_sand: *Approved, about to run*',
  running: ':hourglass_flowing_sand: *Running*',
  verifying: ':mag: *Ran. Waiting for proof of recovery*',
  succeeded: ':white_check_mark: *Succeeded*',
  failed: ':x: *Failed*',
  unknown: ':grey_question: *Outcome unknown: somebody must look*',
  rejected: ':no_entry_sign: *Rejected*',
  expired: ':hourglass: *Expired*',
};

/** A mitigation from request to proof: one card, edited in place. */
export function mitigationMessage(mitigation: Mitigation, incident: Incident): SlackMessage {
  const { definition, state } = mitigation;
  const open = state === 'requested';
  const value = JSON.stringify([incident.id, mitigation.id, mitigation.parametersHash]);
  return {
    text: `${definition.title} for ${incidentName(incident)}: ${state}`,
    blocks: [
      section(`${HEAD[state]}: *${escapeMrkdwn(definition.title)}* at ${escapeMrkdwn(mitigation.service)}`),
      fields([
        ...Object.entries(mitigation.parameters).map(([name, shown]): [string, string] => [
          name.replaceAll('_', ' '),
          escapeMrkdwn(shown),
        ]),
        ['Risk', definition.risk],
        ['Target', escapeMrkdwn(targetOf(mitigation))],
        ['Side effects', escapeMrkdwn(definition.side_effects)],
        ...(mitigation.reason === ''
          ? []
          : [['Reason', escapeMrkdwn(mitigation.reason)] satisfies [string, string]]),
      ]),
      ...(mitigation.detail === undefined || open ? [] : [section(escapeMrkdwn(mitigation.detail))]),
      ...(open
        ? actions([
            button('Approve', ACTIONS.approveMitigation, value, {
              style: 'primary',
              confirm: {
                title: 'Run it?',
                text: `${definition.title} at ${mitigation.service}, now. ${definition.side_effects}`,
                yes: 'Approve and run',
              },
            }),
            button('Reject', ACTIONS.rejectMitigation, value),
          ])
        : []),
      ...(state === 'unknown'
        ? actions([
            button('It happened', ACTIONS.mitigationHappened, mitigation.id),
            button('It did not', ACTIONS.mitigationDidNot, mitigation.id),
          ])
        : []),
      context(whoAndWhen(mitigation)),
    ],
  };
}

/** The host that will be called; the whole address may hold more than a reader needs. */
function targetOf(mitigation: Mitigation): string {
  try {
    const { host, pathname } = new URL(mitigation.request.url);
    return `${mitigation.request.method} ${host}${pathname}`;
  } catch {
    return mitigation.request.method;
  }
}

function whoAndWhen(mitigation: Mitigation): string {
  const requested = `Requested by ${person(mitigation.requestedBy)} ${slackDate(mitigation.requestedAt)}`;
  if (mitigation.state === 'requested')
    return `${requested} · somebody else must approve by ${slackDate(mitigation.expiresAt, '{time}')}`;
  if (mitigation.decidedBy === undefined) return requested;
  const decided =
    mitigation.decidedBy === mitigation.requestedBy
      ? 'no second person needed'
      : `${mitigation.state === 'rejected' ? 'rejected' : 'approved'} by ${person(mitigation.decidedBy)}`;
  return `${requested} · ${decided}`;
}
