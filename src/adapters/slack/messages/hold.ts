import type { MitigationHold } from '../../../mitigations/installation.ts';
import type { Mitigation } from '../../../mitigations/mitigation.ts';
import { ACTIONS } from '../action-ids.ts';
import {
  actions,
  button,
  context,
  fitLines,
  inline,
  notification,
  person,
  type SlackMessage,
  section,
  slackDate,
} from './blocks.ts';

/** Mitigations wait after a restore; then who released them. `waiting`: what is approved and not sent. */
export function holdMessage(hold: MitigationHold, waiting: readonly Mitigation[]): SlackMessage {
  const head = `*This database was restored or moved.* ${inline(hold.reason)}`;
  const text = notification('This database was restored or moved: mitigations are held');
  if (hold.releasedAt !== undefined) {
    const by = hold.releasedBy === undefined ? '' : ` by ${person(hold.releasedBy)}`;
    return {
      text,
      blocks: [
        section(`:arrow_forward: ${head} Mitigations were held.`),
        context(`Released${by} at ${slackDate(hold.releasedAt)}.`),
      ],
    };
  }
  const approved = waiting.map(
    (each) => `• ${inline(each.definition.title)} at ${inline(each.service, 80)}, ${approvedBy(each)}`,
  );
  return {
    text,
    blocks: [
      section(
        `:pause_button: ${head} Mitigations are held: ${waiting.length === 1 ? '1 approved is' : `${waiting.length} approved are`} waiting.`,
      ),
      ...(approved.length === 0 ? [] : [section(fitLines(approved, 2500))]),
      section('What happened after the backup is not known here. Look at the targets, then release.'),
      ...actions([
        button('Release mitigations', ACTIONS.releaseMitigations, hold.since.toISOString(), {
          style: 'danger',
          confirm: {
            title: 'Release?',
            text: 'Every approved mitigation is sent now, unless its approval has expired. One that ran after the backup may run again.',
            yes: 'Release',
          },
        }),
      ]),
      context(`Noticed ${slackDate(hold.since)}.`),
    ],
  };
}

function approvedBy({ decidedBy }: Mitigation): string {
  return decidedBy === undefined ? 'approved' : `approved by ${person(decidedBy)}`;
}
