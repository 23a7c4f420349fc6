import type { Incident } from '../../../incidents/incident.ts';
import type { Proposal } from '../../../incidents/watch.ts';
import { ACTIONS } from '../action-ids.ts';
import {
  actions,
  button,
  context,
  escapeMrkdwn,
  inline,
  notification,
  person,
  type SlackMessage,
  section,
  slackDate,
} from './blocks.ts';

/** "Should this be an incident?", then what was answered. */
export function proposalMessage(
  proposal: Proposal,
  title: string,
  incident: Incident | undefined,
): SlackMessage {
  const head = `*${inline(title)} at ${inline(proposal.service)}* would be ${proposal.severity}\n${escapeMrkdwn(proposal.reason)}`;
  const text = notification(
    `${proposal.isSuspicion ? 'Suspected: ' : ''}${title} at ${proposal.service}: declare an incident?`,
  );
  if (proposal.state === 'open') {
    return {
      text,
      blocks: [
        section(
          proposal.isSuspicion ? `:large_yellow_circle: Suspected: ${head}` : `:large_orange_circle: ${head}`,
        ),
        ...actions([
          button('Declare', ACTIONS.declareProposal, proposal.id, { style: 'danger' }),
          button('Not an incident', ACTIONS.dismissProposal, proposal.id),
        ]),
        context(`Seen ${slackDate(proposal.at)}. Nothing was declared and nobody was paged.`),
      ],
    };
  }
  return { text, blocks: [section(`:white_circle: ${head}`), context(answerOf(proposal, incident))] };
}

function answerOf(proposal: Proposal, incident: Incident | undefined): string {
  const by = proposal.answeredBy === undefined ? '' : ` by ${person(proposal.answeredBy)}`;
  switch (proposal.state) {
    case 'declared':
      return `Declared${by === '' ? ' by aire, since it is no chance any more,' : by}${incident === undefined ? '' : ` as INC-${incident.number}`}.`;
    case 'dismissed':
      return `Not an incident, said${by}. It is not asked again before it has recovered.`;
    case 'recovered':
      return 'Recovered before anybody answered.';
    case 'lapsed':
      return 'Closed without an answer. Heard of again, it is asked again.';
    case 'open':
    case 'shadow':
      return '';
  }
}
