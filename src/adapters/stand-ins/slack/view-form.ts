import {
  type Choice,
  isStateful,
  type PlacedElement,
  placedElements,
  stateValues,
} from './interactive-elements.ts';
import { type JsonObject, objectAt, textAt } from './json.ts';
import type { SlackUser } from './slack-types.ts';

/** What is filled into one block; with `type` it must also be the kind of field the test believes it is. */
export type FieldValue = Choice | { readonly type: FieldType; readonly value: Choice };

/** Kinds of fields, by what a person does in them. */
export type FieldType = 'text' | 'select' | 'radio' | 'checkboxes' | 'user' | 'channel' | 'date' | 'time';

const TYPES: Readonly<Record<FieldType, readonly string[]>> = {
  text: ['plain_text_input', 'number_input', 'email_text_input', 'url_text_input'],
  select: ['static_select', 'external_select', 'multi_static_select'],
  radio: ['radio_buttons'],
  checkboxes: ['checkboxes'],
  user: ['users_select', 'multi_users_select'],
  channel: ['conversations_select', 'channels_select', 'multi_conversations_select'],
  date: ['datepicker'],
  time: ['timepicker'],
};

/**
 * `state.values` of a modal that somebody filled in, by block id. What is not given keeps its initial value.
 * @throws Error for what Slack would not let a person do: fill a block that is not there, pick an option that
 * is not offered, leave a required field empty, type too much.
 */
export function fillView(
  blocks: readonly JsonObject[],
  values: Readonly<Record<string, FieldValue>>,
  users: ReadonlyMap<string, SlackUser>,
): JsonObject {
  const fields = placedElements(blocks).filter(({ element }) => isStateful(element));
  const known = new Set(fields.map((field) => field.blockId));
  const unknown = Object.keys(values).filter((blockId) => !known.has(blockId));
  if (unknown.length > 0) {
    throw new Error(
      `The modal has no field in ${unknown.join(', ')}. It has: ${[...known].join(', ') || 'none'}.`,
    );
  }
  const state = stateValues(blocks, (field) => choiceFor(field, values[field.blockId], users));
  for (const field of fields) requireFilled(field, state);
  return state;
}

function choiceFor(
  { blockId, element }: PlacedElement,
  given: FieldValue | undefined,
  users: ReadonlyMap<string, SlackUser>,
): Choice | undefined {
  if (given === undefined) return undefined;
  const type = textAt(element, 'type') ?? '';
  const choice = isTyped(given) ? given.value : given;
  if (isTyped(given) && !TYPES[given.type].includes(type)) {
    throw new Error(`${blockId} is a ${type}, not a field for ${given.type}.`);
  }
  const texts = typeof choice === 'string' ? [choice] : choice;
  if (TYPES.user.includes(type)) {
    const stranger = texts.find((id) => !users.has(id));
    if (stranger !== undefined) throw new Error(`${blockId}: there is no user ${stranger}.`);
  }
  if (type === 'datepicker' && texts.some((text) => !/^\d{4}-\d{2}-\d{2}$/.test(text))) {
    throw new Error(`${blockId} takes a date such as 2026-11-21, not ${texts.join(', ')}.`);
  }
  if (TYPES.text.includes(type)) requireLength(blockId, element, texts[0] ?? '');
  return choice;
}

function isTyped(given: FieldValue): given is { readonly type: FieldType; readonly value: Choice } {
  return typeof given === 'object' && 'type' in given;
}

function requireLength(blockId: string, element: JsonObject, text: string): void {
  const min = Number(element.min_length ?? 0);
  const max = Number(element.max_length ?? 3000);
  if (text !== '' && (text.length < min || text.length > max)) {
    throw new Error(`${blockId} takes ${min} to ${max} characters, not ${text.length}.`);
  }
}

function requireFilled({ blockId, block, element }: PlacedElement, state: JsonObject): void {
  if (block.type !== 'input' || block.optional === true) return;
  const field = objectAt(objectAt(state, blockId), String(element.action_id));
  const filled = Object.entries(field).some(
    ([key, value]) =>
      key !== 'type' && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
  if (!filled) throw new Error(`${blockId} is required: Slack does not submit the modal while it is empty.`);
}
