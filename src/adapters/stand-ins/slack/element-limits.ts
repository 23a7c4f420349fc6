import { isObject, type JsonObject, listAt, objectAt, textAt } from './json.ts';
import { checkItems, checkLength, checkText, type Report } from './text-limits.ts';

const OPTION_MENUS = new Set([
  'static_select',
  'multi_static_select',
  'radio_buttons',
  'checkboxes',
  'overflow',
]);
const TEXT_INPUTS = ['plain_text_input', 'number_input', 'email_text_input', 'url_text_input'];
const MENUS = [
  'static_select',
  'external_select',
  'users_select',
  'conversations_select',
  'channels_select',
  'datepicker',
  'timepicker',
  'checkboxes',
  'radio_buttons',
];
const MULTI_MENUS = ['multi_static_select', 'multi_users_select', 'multi_conversations_select'];

/** Which elements a place takes: an actions block has no text inputs, an input block no buttons. */
export const ELEMENTS_OF = {
  actions: new Set(['button', 'overflow', 'datetimepicker', ...MENUS]),
  accessory: new Set(['button', 'overflow', 'image', ...MENUS, ...MULTI_MENUS]),
  input: new Set(['datetimepicker', ...TEXT_INPUTS, ...MENUS, ...MULTI_MENUS]),
  context_actions: new Set(['feedback_buttons', 'icon_button']),
} as const;

/** Limits of one interactive element (reference §1.8). */
export function checkElement(
  element: JsonObject,
  place: keyof typeof ELEMENTS_OF,
  at: string,
  report: Report,
): void {
  const type = textAt(element, 'type') ?? '';
  if (!ELEMENTS_OF[place].has(type)) {
    report(`${at}/type`, `unsupported type: ${type} in ${place}`);
    return;
  }
  checkLength(element, 'action_id', 255, at, report);
  if (element.placeholder !== undefined) {
    checkText(element.placeholder, `${at}/placeholder`, { max: 150, plain: true }, report);
  }
  if (element.confirm !== undefined) checkConfirm(objectAt(element, 'confirm'), `${at}/confirm`, report);
  if (type === 'button') checkButton(element, at, report);
  if (type === 'image') checkImage(element, at, report);
  if (type === 'plain_text_input') checkTextInput(element, at, report);
  if (OPTION_MENUS.has(type)) checkOptions(element, type, at, report);
}

/** An image block, element or accessory. */
export function checkImage(image: JsonObject, at: string, report: Report): void {
  if (textAt(image, 'image_url') === undefined && !isObject(image.slack_file)) {
    report(at, 'missing required field: image_url');
  }
  if (textAt(image, 'alt_text') === undefined) report(at, 'missing required field: alt_text');
  checkLength(image, 'image_url', 3000, at, report);
  checkLength(image, 'alt_text', 2000, at, report);
}

function checkButton(button: JsonObject, at: string, report: Report): void {
  checkText(button.text, `${at}/text`, { max: 75, plain: true }, report);
  checkLength(button, 'value', 2000, at, report);
  checkLength(button, 'url', 3000, at, report);
  checkLength(button, 'accessibility_label', 75, at, report);
  const style = button.style;
  if (style !== undefined && style !== 'primary' && style !== 'danger') {
    report(`${at}/style`, `unsupported style: ${String(style)}`);
  }
}

function checkConfirm(confirm: JsonObject, at: string, report: Report): void {
  checkText(confirm.title, `${at}/title`, { max: 100, plain: true }, report);
  checkText(confirm.text, `${at}/text`, { max: 300 }, report);
  checkText(confirm.confirm, `${at}/confirm`, { max: 30, plain: true }, report);
  checkText(confirm.deny, `${at}/deny`, { max: 30, plain: true }, report);
}

function checkTextInput(input: JsonObject, at: string, report: Report): void {
  for (const key of ['min_length', 'max_length']) {
    const value = input[key];
    if (typeof value === 'number' && (value < 0 || value > 3000)) report(`${at}/${key}`, 'must be 0 to 3000');
  }
  checkLength(input, 'initial_value', Number(input.max_length ?? 3000), at, report);
}

function checkOptions(element: JsonObject, type: string, at: string, report: Report): void {
  const max = type === 'overflow' ? 5 : type === 'radio_buttons' || type === 'checkboxes' ? 10 : 100;
  if (element.option_groups !== undefined && max === 100) {
    const groups = checkItems(element, 'option_groups', { min: 1, max }, at, report);
    groups.forEach((group, index) => {
      const here = `${at}/option_groups/${index}`;
      checkText(group.label, `${here}/label`, { max: 75, plain: true }, report);
      checkOptionList(checkItems(group, 'options', { min: 1, max }, here, report), `${here}/options`, report);
    });
  } else {
    checkOptionList(checkItems(element, 'options', { min: 1, max }, at, report), `${at}/options`, report);
  }
  const values = new Set(optionsOf(element).map((option) => textAt(option, 'value')));
  for (const initial of [objectAt(element, 'initial_option'), ...listAt(element, 'initial_options')]) {
    const value = textAt(initial, 'value');
    if (value !== undefined && !values.has(value))
      report(at, `initial option ${value} is not among the options`);
  }
}

function checkOptionList(options: readonly JsonObject[], at: string, report: Report): void {
  options.forEach((option, index) => {
    checkText(option.text, `${at}/${index}/text`, { max: 75 }, report);
    if (textAt(option, 'value') === undefined) report(`${at}/${index}`, 'missing required field: value');
    // Sources disagree between 75 and 150 (reference §1.8); what keeps the lower one works either way.
    checkLength(option, 'value', 75, `${at}/${index}`, report);
    if (option.description !== undefined) {
      checkText(option.description, `${at}/${index}/description`, { max: 75 }, report);
    }
  });
}

/** Every option of a menu, in groups or not. */
export function optionsOf(element: JsonObject): readonly JsonObject[] {
  const groups = listAt(element, 'option_groups');
  return groups.length > 0 ? groups.flatMap((group) => listAt(group, 'options')) : listAt(element, 'options');
}
