import type { ModalView } from '@slack/types';
import type { GoldenCase } from '../../../golden-dataset/golden-case.ts';
import type { Incident } from '../../../incidents/incident.ts';
import type { MitigationDefinition } from '../../../mitigations/schema.ts';
import type { StepDefinition } from '../../../runbooks/schema.ts';
import { KINDS } from '../../../triggers/schema.ts';
import { SEVERITIES } from '../../../triggers/severity.ts';
import { VIEWS } from '../action-ids.ts';
import { clip, clipMrkdwn, escapeMrkdwn, fields, inline, plain, section } from '../messages/blocks.ts';

/** Each input block and its element share one name: `state.values[name][name]`. */
const option = (value: string, label = value.replaceAll('_', ' ')) => ({ text: plain(label, 75), value });
const select = (name: string, label: string, options: ReturnType<typeof option>[], initial?: string) => {
  const chosen = options.find((each) => each.value === initial);
  return {
    type: 'input' as const,
    block_id: name,
    label: plain(label, 2000),
    element: {
      type: 'static_select' as const,
      action_id: name,
      options: options.slice(0, 100),
      ...(chosen === undefined ? {} : { initial_option: chosen }),
    },
  };
};
const text = (
  name: string,
  label: string,
  rest: { multiline?: boolean; optional?: boolean; initial?: string; hint?: string; max?: number } = {},
) => ({
  type: 'input' as const,
  block_id: name,
  label: plain(label, 2000),
  optional: rest.optional ?? false,
  ...(rest.hint === undefined ? {} : { hint: plain(rest.hint, 2000) }),
  element: {
    type: 'plain_text_input' as const,
    action_id: name,
    multiline: rest.multiline ?? false,
    max_length: rest.max ?? 3000,
    ...(rest.initial === undefined ? {} : { initial_value: clip(rest.initial, rest.max ?? 3000) }),
  },
});

function modal(
  callbackId: string,
  title: string,
  submit: string,
  blocks: ModalView['blocks'],
  metadata: unknown = {},
): ModalView {
  return {
    type: 'modal',
    callback_id: callbackId,
    title: plain(title, 24),
    submit: plain(submit, 24),
    close: plain('Cancel', 24),
    private_metadata: JSON.stringify(metadata),
    blocks,
  };
}

/** Declares an incident by hand. */
export function declareModal(services: readonly string[], initialTitle: string): ModalView {
  return modal(VIEWS.declare, 'Declare AI incident', 'Declare', [
    select(
      'service',
      'Service',
      services.map((name) => option(name, name)),
      services.length === 1 ? services[0] : undefined,
    ),
    text('title', 'What is wrong?', {
      max: 150,
      hint: 'In a few words, as you would say it to a colleague.',
      ...(initialTitle === '' ? {} : { initial: initialTitle }),
    }),
    select(
      'severity',
      'How bad?',
      SEVERITIES.map((severity) => option(severity, SEVERITY_WORDS[severity])),
      'SEV2',
    ),
    select(
      'kind',
      'What is it about?',
      KINDS.map((kind) => option(kind)),
      'model_behavior',
    ),
    text('reason', 'What do you see?', {
      multiline: true,
      optional: true,
      hint: 'Examples, links, numbers.',
    }),
  ]);
}

const SEVERITY_WORDS = {
  SEV1: 'SEV1: users are harmed or most are affected',
  SEV2: 'SEV2: many users get bad answers',
  SEV3: 'SEV3: some users, or a workaround exists',
  SEV4: 'SEV4: needs work, not tonight',
} as const;

/** Writes what a `note` step asks for. */
export function noteModal(incident: Incident, step: StepDefinition): ModalView {
  return modal(
    VIEWS.note,
    'Write',
    'Save',
    [text('note', step.title, { multiline: true, ...(step.hint === undefined ? {} : { hint: step.hint }) })],
    [incident.id, step.id],
  );
}

/** Asks for a mitigation: what it does, from → to, side effects; the reason is the person's. */
export function mitigationModal(
  incident: Incident,
  name: string,
  definition: MitigationDefinition,
  needsApproval: boolean,
): ModalView {
  const known = Object.entries(incident.facts).filter(([fact]) =>
    JSON.stringify(definition.request).includes(`facts.${fact}`),
  );
  return modal(
    VIEWS.mitigation,
    'Request a mitigation',
    needsApproval ? 'Ask for approval' : 'Run it',
    [
      section(`*${inline(definition.title)}* at ${inline(incident.service)}`),
      ...fields([
        ...known.map(([fact, { value }]): [string, string] => [
          fact.replaceAll('_', ' '),
          escapeMrkdwn(value),
        ]),
        ['Risk', definition.risk],
        ['Side effects', escapeMrkdwn(definition.side_effects)],
      ]),
      text('reason', 'Why this, now?', { optional: true, max: 500 }),
    ],
    [incident.id, name],
  );
}

/** Adds an action item: specific, assigned, time-bound. */
export function actionItemModal(incident: Incident): ModalView {
  return modal(
    VIEWS.actionItem,
    'Add action item',
    'Add',
    [
      text('what', 'What is to be done?', { max: 300 }),
      {
        type: 'input',
        block_id: 'owner',
        label: plain('Who does it?', 2000),
        optional: true,
        element: { type: 'users_select', action_id: 'owner' },
      },
      {
        type: 'input',
        block_id: 'due',
        label: plain('Until when?', 2000),
        optional: true,
        element: { type: 'datepicker', action_id: 'due' },
      },
    ],
    [incident.id],
  );
}

/** What a text field of Slack holds at most. */
export const EXPECTED_LIMIT = 3000;

/** Writes or corrects the expected answer of a golden case, which approves it. */
export function expectedAnswerModal(golden: GoldenCase): ModalView {
  return modal(
    VIEWS.expectedAnswer,
    'Expected answer',
    'Approve',
    [
      section(`*Input*\n${clipMrkdwn(escapeMrkdwn(golden.input), 2000)}`),
      text('expected', 'What is the right answer?', {
        multiline: true,
        max: EXPECTED_LIMIT,
        ...(golden.expected === undefined ? {} : { initial: golden.expected }),
      }),
    ],
    [golden.id],
  );
}

/** Stands while a modal's content is fetched: the trigger that opens it lives for 3 seconds only. */
export const loadingModal: ModalView = {
  type: 'modal',
  callback_id: 'view.loading',
  title: plain('aire', 24),
  close: plain('Cancel', 24),
  blocks: [section('One moment…')],
};
