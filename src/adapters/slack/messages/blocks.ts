import type {
  ActionsBlockElement,
  Button,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  PlainTextElement,
  SectionBlock,
} from '@slack/types';

/** A message: blocks, and the text that notifications and screen readers get. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

const SECTION_LIMIT = 3000;
const HEADER_LIMIT = 150;
const BUTTON_LIMIT = 75;

/** Untrusted text as mrkdwn that shows it literally: no mention, link or special can come of it. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Cuts to Slack's limit, by whole escapes. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/&[a-z]{0,4}$/, '')}…`;
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
    text: { type: 'mrkdwn', text: clip(text, SECTION_LIMIT) },
    expand: true,
    ...(accessory === undefined ? {} : { accessory }),
  };
}

/** Two columns of `*name*` and value. */
export function fields(rows: readonly (readonly [string, string])[]): SectionBlock {
  return {
    type: 'section',
    fields: rows
      .slice(0, 10)
      .map(([name, value]) => ({ type: 'mrkdwn', text: clip(`*${name}*\n${value}`, 2000) })),
  };
}

export function context(text: string): ContextBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text: clip(text, SECTION_LIMIT) }] };
}

export interface ButtonOptions {
  readonly style?: 'primary' | 'danger';
  /** Asked before the click counts. */
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
}

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
export function actions(elements: readonly ActionsBlockElement[]): KnownBlock[] {
  return elements.length === 0 ? [] : [{ type: 'actions', elements: [...elements] }];
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
  if (url === undefined || !/^https?:\/\/[^\s<>|]+$/.test(url)) return label;
  return `<${url.replaceAll('&', '&amp;')}|${label}>`;
}
