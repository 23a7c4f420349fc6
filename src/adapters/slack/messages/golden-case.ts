import type { GoldenCase } from '../../../golden-dataset/golden-case.ts';
import { ACTIONS } from '../action-ids.ts';
import {
  actions,
  button,
  clipMrkdwn,
  context,
  escapeMrkdwn,
  inline,
  person,
  type SlackMessage,
  section,
} from './blocks.ts';

/** A drafted case for review, then what became of it: one message, edited in place. */
export function goldenCaseMessage(golden: GoldenCase): SlackMessage {
  const draft = golden.state === 'draft';
  const redacted = Object.entries(golden.redacted)
    .map(([kind, n]) => `${n} ${kind.replaceAll('_', ' ')}`)
    .join(', ');
  return {
    text: `Golden case (${golden.failure}): ${golden.state}`,
    blocks: [
      section(
        `:test_tube: *Golden case, ${golden.failure}* ${draft ? 'to review' : ''}\n*Input*\n${quote(golden.input)}`,
      ),
      section(`*What it answered*\n${quote(golden.observed)}`),
      section(
        `*Expected*\n${golden.expected === undefined ? '_Not given: write what the right answer is._' : quote(golden.expected)}`,
      ),
      ...(draft
        ? actions([
            ...(golden.expected === undefined
              ? []
              : [button('Approve', ACTIONS.approveCase, golden.id, { style: 'primary' })]),
            button(
              golden.expected === undefined ? 'Write the expected answer' : 'Edit and approve',
              ACTIONS.editCase,
              golden.id,
            ),
            button('Reject', ACTIONS.rejectCase, golden.id),
          ])
        : []),
      context(
        `${statusOf(golden)} · ${golden.split} · redacted: ${redacted === '' ? 'nothing found' : redacted}`,
      ),
    ],
  };
}

function quote(text: string): string {
  return clipMrkdwn(escapeMrkdwn(text), 900)
    .split('\n')
    .map((line) => `>${line}`)
    .join('\n');
}

function statusOf(golden: GoldenCase): string {
  const by = golden.reviewedBy === undefined ? '' : ` by ${person(golden.reviewedBy)}`;
  switch (golden.state) {
    case 'draft':
      return 'Nothing is kept before a person approves it';
    case 'approved':
      return `Approved${by}, being committed`;
    case 'rejected':
      return `Rejected${by}`;
    case 'committed':
      return `Approved${by}, committed to ${inline(golden.path ?? '')} (${(golden.commit ?? '').slice(0, 8)})`;
  }
}
