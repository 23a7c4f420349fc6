import { checkElement, checkImage } from './element-limits.ts';
import { isObject, type JsonObject, listAt, objectAt, textAt } from './json.ts';
import { checkItems, checkLength, checkText, checkUnique, type Report } from './text-limits.ts';

/** Limits of a list of blocks (reference §1.8): at most `max` of them, ids unique, each within its own. */
export function checkBlocks(blocks: unknown, max: number, at: string, report: Report): void {
  const items = checkItems({ blocks }, 'blocks', { min: 0, max }, at, report);
  checkUnique(
    items.map((block) => textAt(block, 'block_id')),
    'block_id',
    `${at}/blocks`,
    report,
  );
  if (items.filter((block) => block.type === 'table').length > 1) {
    report(`${at}/blocks`, 'no more than 1 table allowed');
  }
  items.forEach((block, index) => {
    checkBlock(block, `${at}/blocks/${index}`, report);
  });
}

/** Characters of all texts in blocks together: what `msg_blocks_too_long` is about. */
export function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textLength(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, inner]) =>
      sum + (key === 'text' && typeof inner === 'string' ? inner.length : textLength(inner)),
    0,
  );
}

type BlockCheck = (block: JsonObject, at: string, report: Report) => void;

const checkNothing: BlockCheck = () => {};

const CHECKS: ReadonlyMap<string, BlockCheck> = new Map([
  ['actions', checkActions],
  ['context', checkContext],
  ['context_actions', checkContextActions],
  ['divider', checkNothing],
  ['file', checkNothing],
  ['header', checkHeader],
  ['image', checkImageBlock],
  ['input', checkInput],
  ['markdown', checkMarkdown],
  ['rich_text', checkRichText],
  ['section', checkSection],
  ['table', checkTable],
  ['video', checkNothing],
]);

function checkBlock(block: JsonObject, at: string, report: Report): void {
  checkLength(block, 'block_id', 255, at, report);
  const type = textAt(block, 'type') ?? '';
  const check = CHECKS.get(type);
  // The newest types (alert, card, plan…) are refused as by clients that lag behind (reference §1.8).
  if (check === undefined) report(`${at}/type`, `unsupported type: ${type}`);
  else check(block, at, report);
}

function checkHeader(block: JsonObject, at: string, report: Report): void {
  checkText(block.text, `${at}/text`, { max: 150, plain: true }, report);
}

function checkSection(block: JsonObject, at: string, report: Report): void {
  const fields = checkItems(block, 'fields', { min: 0, max: 10 }, at, report);
  fields.forEach((field, index) => {
    checkText(field, `${at}/fields/${index}`, { max: 2000 }, report);
  });
  if (block.text !== undefined || fields.length === 0)
    checkText(block.text, `${at}/text`, { max: 3000 }, report);
  if (block.accessory !== undefined) {
    checkElement(objectAt(block, 'accessory'), 'accessory', `${at}/accessory`, report);
  }
}

function checkActions(block: JsonObject, at: string, report: Report): void {
  checkElements(block, 'actions', 25, at, report);
}

function checkContextActions(block: JsonObject, at: string, report: Report): void {
  checkElements(block, 'context_actions', 5, at, report);
}

function checkElements(
  block: JsonObject,
  place: 'actions' | 'context_actions',
  max: number,
  at: string,
  report: Report,
): void {
  const elements = checkItems(block, 'elements', { min: 1, max }, at, report);
  // Unique in its block, not in the message: one action on each row of a list is usual, and allowed.
  checkUnique(
    elements.map((element) => textAt(element, 'action_id')),
    'action_id',
    `${at}/elements`,
    report,
  );
  elements.forEach((element, index) => {
    checkElement(element, place, `${at}/elements/${index}`, report);
  });
}

function checkContext(block: JsonObject, at: string, report: Report): void {
  const elements = checkItems(block, 'elements', { min: 1, max: 10 }, at, report);
  elements.forEach((element, index) => {
    const here = `${at}/elements/${index}`;
    if (element.type === 'image') checkImage(element, here, report);
    else checkText(element, here, { max: 2000 }, report);
  });
}

function checkImageBlock(block: JsonObject, at: string, report: Report): void {
  checkImage(block, at, report);
  if (block.title !== undefined) checkText(block.title, `${at}/title`, { max: 2000, plain: true }, report);
}

function checkInput(block: JsonObject, at: string, report: Report): void {
  checkText(block.label, `${at}/label`, { max: 2000, plain: true }, report);
  if (block.hint !== undefined) checkText(block.hint, `${at}/hint`, { max: 2000, plain: true }, report);
  checkElement(objectAt(block, 'element'), 'input', `${at}/element`, report);
}

function checkMarkdown(block: JsonObject, at: string, report: Report): void {
  if (textAt(block, 'text') === undefined) report(`${at}/text`, 'missing required field: text');
  checkLength(block, 'text', 12_000, at, report);
}

function checkRichText(block: JsonObject, at: string, report: Report): void {
  checkItems(block, 'elements', { min: 1, max: Number.POSITIVE_INFINITY }, at, report);
}

function checkTable(block: JsonObject, at: string, report: Report): void {
  const rows = Array.isArray(block.rows) ? block.rows : [];
  if (rows.length === 0) report(`${at}/rows`, 'missing required field: rows');
  if (rows.length > 100) report(`${at}/rows`, 'no more than 100 items allowed');
  rows.forEach((row: unknown, index) => {
    if (!Array.isArray(row)) report(`${at}/rows/${index}`, 'must be a list of cells');
    else if (row.length > 20) report(`${at}/rows/${index}`, 'no more than 20 items allowed');
  });
  if (listAt(block, 'column_settings').length > 20)
    report(`${at}/column_settings`, 'no more than 20 items allowed');
}
