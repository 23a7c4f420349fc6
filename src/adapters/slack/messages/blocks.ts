import type {
  ActionsBlockElement,
  Button,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  MrkdwnElement,
  PlainTextElement,
  SectionBlock,
} from '@slack/types';

/** A message: blocks, and the text that notifications and screen readers get. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

const SECTION_LIMIT = 3000;
const FIELD_LIMIT = 2000;
const FIELDS = 10;
const CONTEXT_LIMIT = 2000;
const HEADER_LIMIT = 150;
const BUTTON_LIMIT = 75;
/** Longer addresses are left out: a link that is cut in two is none. */
const URL_LIMIT = 1000;
/** What a notification shows is shorter still; `chat.update` refuses 4,000. */
const TEXT_LIMIT = 3000;

/** Marks that turn the direction of what follows them, up to our own words. */
const DIRECTION_MARKS = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * Untrusted text as mrkdwn that shows it literally: no mention, link or special can come of it (reference
 * integrations §1.9). Backticks become apostrophes, because one of them is enough to swallow what stands behind it.
 */
export function escapeMrkdwn(text: string): string {
  return text
    .replaceAll(DIRECTION_MARKS, '')
    .replaceAll('`', "'")
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** {@link escapeMrkdwn} on one line of at most `limit` characters: for text within a sentence or a list. */
export function inline(text: string, limit = 200): string {
  return clipMrkdwn(escapeMrkdwn(text.replaceAll(/\s+/g, ' ')), limit);
}

/** Cuts plain text to a limit, by whole characters. */
export function clip(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Cuts mrkdwn to a limit, by whole characters, escapes, mentions, dates and links. */
export function clipMrkdwn(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/(?:&[a-z]{0,4}|<[^<>]*|[\ud800-\udbff])$/, '')}…`;
}

/** As many whole lines as fit into `limit` characters, the first or the last ones, and how many more there are. */
export function fitLines(lines: readonly string[], limit: number, keep: 'first' | 'last' = 'first'): string {
  const room = limit - '\n…and 1000 more'.length;
  const ordered = keep === 'first' ? lines : lines.toReversed();
  const shown: string[] = [];
  let used = 0;
  for (const line of ordered) {
    used += line.length + 1;
    if (used > room && shown.length > 0) break;
    shown.push(clipMrkdwn(line, room));
  }
  const rest = lines.length - shown.length;
  if (keep === 'first') return [...shown, ...(rest === 0 ? [] : [`…and ${rest} more`])].join('\n');
  return [...(rest === 0 ? [] : [`…${rest} before`]), ...shown.toReversed()].join('\n');
}

/** The text of a message that has blocks: Slack reads it as mrkdwn too. */
export function notification(text: string): string {
  return inline(text, TEXT_LIMIT);
}

/** mrkdwn in which only what we wrote is a link or a mention: bare addresses and names stay text. */
function mrkdwn(text: string, limit: number): MrkdwnElement {
  return { type: 'mrkdwn', text: clipMrkdwn(text, limit), verbatim: true };
}

export function plain(text: string, limit: number): PlainTextElement {
  return { type: 'plain_text', text: clip(text, limit), emoji: false };
}

export function header(text: string): HeaderBlock {
  return { type: 'header', text: plain(text, HEADER_LIMIT) };
}

/** Its text is mrkdwn: escapeMrkdwn what is not ours. */
export function section(text: string, accessory?: Button): SectionBlock {
  return {
    type: 'section',
    text: mrkdwn(text, SECTION_LIMIT),
    expand: true,
    ...(accessory === undefined ? {} : { accessory }),
  };
}

/** Two columns of `*name*` and value; a section holds ten of them, so that more become several. */
export function fields(rows: readonly (readonly [string, string])[], limit = FIELD_LIMIT): SectionBlock[] {
  const sections = Array.from({ length: Math.ceil(rows.length / FIELDS) }, (_each, index) =>
    rows.slice(index * FIELDS, (index + 1) * FIELDS),
  );
  return sections.map((some) => ({
    type: 'section',
    fields: some.map(([name, value]) => mrkdwn(`*${name}*\n${value}`, Math.min(limit, FIELD_LIMIT))),
  }));
}

export function context(text: string): ContextBlock {
  return { type: 'context', elements: [mrkdwn(text, CONTEXT_LIMIT)] };
}

export interface ButtonOptions {
  readonly style?: 'primary' | 'danger';
  /** Asked before the click counts. */
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
}

/** Asked by every button that resolves an incident. */
export const CONFIRM_RESOLVE = {
  title: 'Resolve?',
  text: 'The incident is over: its postmortem is drafted now.',
  yes: 'Resolve',
} as const;

export function button(label: string, actionId: string, value: string, options: ButtonOptions = {}): Button {
  return {
    type: 'button',
    text: plain(label, BUTTON_LIMIT),
    action_id: actionId,
    value,
    ...(options.style === undefined ? {} : { style: options.style }),
    ...(options.confirm === undefined
      ? {}
      : {
          confirm: {
            title: plain(options.confirm.title, 100),
            text: plain(options.confirm.text, 300),
            confirm: plain(options.confirm.yes, 30),
            deny: plain('Not now', 30),
          },
        }),
  };
}

/** A row of buttons; nothing at all when there is none. */
export function actions(elements: readonly ActionsBlockElement[], blockId?: string): KnownBlock[] {
  if (elements.length === 0) return [];
  return [
    {
      type: 'actions',
      elements: [...elements],
      ...(blockId === undefined ? {} : { block_id: blockId }),
    },
  ];
}

export const divider: KnownBlock = { type: 'divider' };

/** A time in the reader's own zone. */
export function slackDate(at: Date, format = '{date_short_pretty} {time}'): string {
  return `<!date^${Math.floor(at.getTime() / 1000)}^${format}|${at.toISOString().slice(0, 16).replace('T', ' ')} UTC>`;
}

export function person(id: string): string {
  return /^[UW][A-Z0-9]+$/.test(id) ? `<@${id}>` : escapeMrkdwn(id);
}

/** A link to http(s) with a label of ours; the bare label for anything else. */
export function link(url: string | undefined, label: string): string {
  if (url === undefined || url.length > URL_LIMIT || !/^https?:\/\/[^\s<>|]+$/.test(url)) return label;
  return `<${url.replaceAll('&', '&amp;')}|${label}>`;
}
