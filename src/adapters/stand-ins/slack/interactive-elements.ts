import { optionsOf } from './element-limits.ts';
import { isObject, type JsonObject, listAt, textAt } from './json.ts';

/** What a person picks or types: an option's value, a user id, a date, a text; several where several fit. */
export type Choice = string | readonly string[];

/** An element somebody can act on, and the block it is in. */
export interface PlacedElement {
  readonly blockId: string;
  readonly block: JsonObject;
  readonly element: JsonObject;
}

/** Every interactive element of some blocks, from top to bottom. */
export function placedElements(blocks: readonly JsonObject[]): readonly PlacedElement[] {
  return blocks.flatMap((block) => {
    const single = [block.accessory, block.element].filter(isObject);
    const elements = block.type === 'actions' ? listAt(block, 'elements') : single;
    const blockId = textAt(block, 'block_id') ?? '';
    return elements
      .filter((element) => element.type !== 'image')
      .map((element) => ({ blockId, block, element }));
  });
}

/** @throws Error when no such element is there, or several are and `value` does not say which. */
export function findElement(
  blocks: readonly JsonObject[],
  actionId: string,
  kind: 'button' | 'menu',
  value?: string,
): PlacedElement {
  const all = placedElements(blocks).filter(
    ({ element }) => (element.type === 'button') === (kind === 'button'),
  );
  const found = all.filter(
    ({ element }) => element.action_id === actionId && (value === undefined || element.value === value),
  );
  const [first, second] = found;
  const wanted = `${kind} ${actionId}${value === undefined ? '' : ` with the value ${value}`}`;
  if (first === undefined) {
    const there = all
      .map(({ element }) => `${element.action_id} (${element.value ?? element.type})`)
      .join(', ');
    throw new Error(`There is no ${wanted}. There is: ${there || 'none'}.`);
  }
  if (second !== undefined) throw new Error(`There are several of ${wanted}: say which by its value.`);
  return first;
}

type StateOf = (element: JsonObject, choice: Choice | undefined) => JsonObject;

const typed: StateOf = (_element, choice) => ({ value: first(choice) ?? null });
const oneOption: StateOf = (element, choice) => ({ selected_option: pick(element, choice)[0] ?? null });
const manyOptions: StateOf = (element, choice) => ({ selected_options: pick(element, choice) });
const one = (key: string): StateOf => {
  return (_element, choice) => ({ [key]: first(choice) ?? null });
};
const many = (key: string): StateOf => {
  return (_element, choice) => ({ [key]: all(choice) });
};

/** The field of `state.values` and `actions[]` that holds a choice, for each element type (reference §1.2). */
const STATES: ReadonlyMap<string, StateOf> = new Map([
  ['plain_text_input', typed],
  ['number_input', typed],
  ['email_text_input', typed],
  ['url_text_input', typed],
  ['static_select', oneOption],
  ['external_select', oneOption],
  ['radio_buttons', oneOption],
  ['overflow', oneOption],
  ['checkboxes', manyOptions],
  ['multi_static_select', manyOptions],
  ['users_select', one('selected_user')],
  ['multi_users_select', many('selected_users')],
  ['conversations_select', one('selected_conversation')],
  ['multi_conversations_select', many('selected_conversations')],
  ['channels_select', one('selected_channel')],
  ['datepicker', one('selected_date')],
  ['timepicker', one('selected_time')],
  [
    'datetimepicker',
    (_element, choice) => ({ selected_date_time: Number(first(choice) ?? Number.NaN) || null }),
  ],
]);

/** True when the element keeps what was chosen; buttons do not. */
export function isStateful(element: JsonObject): boolean {
  return STATES.has(textAt(element, 'type') ?? '');
}

/**
 * The element with a choice made, in Slack's fields.
 * @throws Error when the choice is not one of its options.
 */
export function stateOf(element: JsonObject, choice: Choice | undefined): JsonObject {
  const type = textAt(element, 'type') ?? '';
  return { type, ...STATES.get(type)?.(element, choice) };
}

/** What is chosen before anybody chooses. */
export function initialChoice(element: JsonObject): Choice | undefined {
  if (isObject(element.initial_option)) return textAt(element.initial_option, 'value');
  const options = listAt(element, 'initial_options');
  if (options.length > 0) return options.map((option) => textAt(option, 'value') ?? '');
  for (const [key, value] of Object.entries(element)) {
    if (!key.startsWith('initial_')) continue;
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    if (Array.isArray(value)) return value.map(String);
  }
  return undefined;
}

/** `state.values` of some blocks: what was chosen in them, else what is chosen at first. */
export function stateValues(
  blocks: readonly JsonObject[],
  chosen: (placed: PlacedElement) => Choice | undefined,
): JsonObject {
  const values: Record<string, Record<string, JsonObject>> = {};
  for (const placed of placedElements(blocks)) {
    if (!isStateful(placed.element)) continue;
    const inBlock = values[placed.blockId] ?? {};
    const choice = chosen(placed) ?? initialChoice(placed.element);
    inBlock[textAt(placed.element, 'action_id') ?? ''] = stateOf(placed.element, choice);
    values[placed.blockId] = inBlock;
  }
  return values;
}

function pick(element: JsonObject, choice: Choice | undefined): readonly JsonObject[] {
  const options = optionsOf(element);
  return all(choice).map((value) => {
    const option = options.find((candidate) => candidate.value === value);
    if (option !== undefined) return option;
    const there = options.map((candidate) => String(candidate.value)).join(', ');
    throw new Error(`${String(element.action_id)} has no option ${value}. It has: ${there}.`);
  });
}

function first(choice: Choice | undefined): string | undefined {
  return typeof choice === 'string' ? choice : choice?.[0];
}

function all(choice: Choice | undefined): readonly string[] {
  if (choice === undefined) return [];
  return typeof choice === 'string' ? [choice] : choice;
}
