import { type Incident, incidentName } from '../../../incidents/incident.ts';
import type { Mitigation, MitigationState } from '../../../mitigations/mitigation.ts';
import { ACTIONS } from '../action-ids.ts';
import {
  actions,
  button,
  clipMrkdwn,
  context,
  escapeMrkdwn,
  fields,
  inline,
  notification,
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

/** Characters for all of them together. */
const PARAMETERS_LIMIT = 5000;
const DETAIL_LIMIT = 120;

const HELD =
  ':pause_button: *Held*: the database was restored. It is not sent before somebody presses *Release mitigations* in the incidents channel.';

/** A mitigation from request to proof: one card, edited in place. `isHeld`: nothing is sent, since a restore. */
export function mitigationMessage(mitigation: Mitigation, incident: Incident, isHeld = false): SlackMessage {
  const { definition, state } = mitigation;
  const open = state === 'requested';
  const isWaiting = open || state === 'approved';
  const head = state === 'approved' && isHeld ? ':pause_button: *Approved, waiting*' : HEAD[state];
  const value = JSON.stringify([incident.id, mitigation.id, mitigation.parametersHash]);
  return {
    text: notification(`${definition.title} for ${incidentName(incident)}: ${state}`),
    blocks: [
      section(`${head}: *${inline(definition.title)}* at ${inline(mitigation.service)}`),
      ...(isWaiting && isHeld ? [section(HELD)] : []),
      ...parameterFields(mitigation.parameters, incident),
      ...fields([
        ['Risk', definition.risk],
        ['Target', inline(targetOf(mitigation), 500)],
        ['Side effects', clipMrkdwn(escapeMrkdwn(definition.side_effects), 1000)],
        ...(mitigation.reason === ''
          ? []
          : [['Reason', clipMrkdwn(escapeMrkdwn(mitigation.reason), 1000)] satisfies [string, string]]),
      ]),
      ...(mitigation.detail === undefined || open
        ? []
        : [section(clipMrkdwn(escapeMrkdwn(mitigation.detail), 2000))]),
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

/**
 * From → to and the rest that the request names: all of them, since they are what an approval is for; and why a value
 * is what it is, while the incident still says so.
 */
function parameterFields(
  parameters: Mitigation['parameters'],
  { facts }: Incident,
): ReturnType<typeof fields> {
  const rows = Object.entries(parameters);
  const limit = Math.max(80, Math.floor(PARAMETERS_LIMIT / Math.max(1, rows.length)));
  return fields(
    rows.map(([name, shown]) => {
      const why = facts[name]?.value === shown ? facts[name]?.detail : undefined;
      const label = inline(name.replaceAll('_', ' '), 60);
      return [label, `${escapeMrkdwn(shown)}${why === undefined ? '' : ` (${inline(why, DETAIL_LIMIT)})`}`];
    }),
    limit,
  );
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
