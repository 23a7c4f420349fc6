import { isObject, type JsonObject, listAt, objectAt, textAt } from './json.ts';

/** Names for the ids in a message; an id nobody knows is shown as it is. */
export type NameOf = (id: string) => string | undefined;

/** A message, or its blocks alone. Without blocks the text is shown. */
export type Renderable =
  | readonly JsonObject[]
  | { readonly text?: string; readonly blocks?: readonly JsonObject[] };

/** A message as plain text for a terminal: what a person would read, one block after the other. */
export function renderMessage(message: Renderable, nameOf: NameOf = () => undefined): string {
  if (isList(message)) return renderBlocks(message, nameOf);
  const blocks = message.blocks ?? [];
  return blocks.length > 0 ? renderBlocks(blocks, nameOf) : plain(message.text ?? '', nameOf);
}

function isList(message: Renderable): message is readonly JsonObject[] {
  return Array.isArray(message);
}

function renderBlocks(blocks: readonly JsonObject[], nameOf: NameOf): string {
  return blocks
    .map((block) => renderBlock(block, nameOf))
    .filter((text) => text !== '')
    .join('\n');
}

function renderBlock(block: JsonObject, nameOf: NameOf): string {
  switch (block.type) {
    case 'header':
      return `== ${renderText(block.text, nameOf)} ==`;
    case 'section':
      return renderSection(block, nameOf);
    case 'context':
      return listAt(block, 'elements')
        .map((element) => textAt(element, 'alt_text') ?? renderText(element, nameOf))
        .join(' · ');
    case 'actions':
      return listAt(block, 'elements').map(renderElement).join(' ');
    case 'input':
      return `${renderText(block.label, nameOf)}: ${renderElement(objectAt(block, 'element'))}`;
    case 'image':
      return `[image: ${textAt(block, 'alt_text') ?? ''}]`;
    case 'divider':
      return '────────';
    case 'markdown':
      return plain(textAt(block, 'text') ?? '', nameOf);
    case 'rich_text':
      return richText(block, nameOf);
    case 'table':
      return renderTable(block, nameOf);
    default:
      return '';
  }
}

function renderSection(block: JsonObject, nameOf: NameOf): string {
  const text = block.text === undefined ? [] : [renderText(block.text, nameOf)];
  const fields = listAt(block, 'fields').map((field) => renderText(field, nameOf).replaceAll('\n', ': '));
  const accessory = isObject(block.accessory) ? [renderElement(block.accessory)] : [];
  return [...text, ...fields.map((field) => `  ${field}`), ...accessory].join('\n');
}

function renderElement(element: JsonObject): string {
  if (element.type === 'button') return `[${textAt(objectAt(element, 'text'), 'text') ?? ''}]`;
  if (element.type === 'image') return `[image: ${textAt(element, 'alt_text') ?? ''}]`;
  const chosen = textAt(objectAt(objectAt(element, 'initial_option'), 'text'), 'text');
  const placeholder = textAt(objectAt(element, 'placeholder'), 'text');
  const label = chosen ?? placeholder ?? (element.type === 'overflow' ? 'More' : 'Select');
  return textAt(element, 'type')?.endsWith('_input') ? '[____]' : `[${label} ▾]`;
}

function renderTable(block: JsonObject, nameOf: NameOf): string {
  const rows = Array.isArray(block.rows) ? block.rows : [];
  return rows
    .map((row: unknown) =>
      listAt({ row }, 'row')
        .map((cell) => textAt(cell, 'text') ?? richText(cell, nameOf))
        .join(' | '),
    )
    .join('\n');
}

/** Every text in it, in order. */
function richText(node: JsonObject, nameOf: NameOf): string {
  const children = listAt(node, 'elements').map((child) => richText(child, nameOf));
  if (children.length > 0)
    return children.join(node.type === 'rich_text' || node.type === 'rich_text_list' ? '\n' : '');
  if (node.type === 'user') return mention(textAt(node, 'user_id') ?? '', nameOf);
  return textAt(node, 'text') ?? textAt(node, 'url') ?? '';
}

function renderText(value: unknown, nameOf: NameOf): string {
  if (!isObject(value)) return '';
  const text = textAt(value, 'text') ?? '';
  // Plain text means what it says, stars and angle brackets included.
  return value.type === 'plain_text' ? text : plain(text, nameOf);
}

/** mrkdwn without its marks: links as `label (url)`, mentions as `@name`, dates by their fallback. */
function plain(mrkdwn: string, nameOf: NameOf): string {
  return mrkdwn
    .replace(/<([^<>]+)>/g, (_all, inner: string) => angled(inner, nameOf))
    .replace(/(^|[\s(>])([*_~])(\S(?:[^\n]*?\S)?)\2(?=$|[\s.,:;!?)])/gm, '$1$3')
    .replace(/```|`/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function angled(inner: string, nameOf: NameOf): string {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? undefined : inner.slice(bar + 1);
  if (target.startsWith('@')) return label === undefined ? mention(target.slice(1), nameOf) : `@${label}`;
  if (target.startsWith('#')) return `#${label ?? nameOf(target.slice(1)) ?? target.slice(1)}`;
  if (target.startsWith('!date')) return label ?? target;
  if (target.startsWith('!')) return `@${label?.replace(/^@/, '') ?? target.slice(1)}`;
  return label === undefined ? target : `${label} (${target})`;
}

function mention(id: string, nameOf: NameOf): string {
  return `@${nameOf(id) ?? id}`;
}
