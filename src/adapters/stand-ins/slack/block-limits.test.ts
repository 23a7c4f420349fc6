import { describe, expect, it } from 'vitest';
import { checkBlocks } from './block-limits.ts';
import type { JsonObject } from './json.ts';
import { requireContent } from './message-limits.ts';
import { SlackRefusal } from './slack-refusal.ts';
import { faultsOf } from './text-limits.ts';
import { requireView } from './view-limits.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const section = (length: number, more: JsonObject = {}) => ({
  type: 'section',
  text: { type: 'mrkdwn', text: 'x'.repeat(length) },
  ...more,
});
const button = (more: JsonObject = {}) => ({ type: 'button', text: plain('Go'), action_id: 'go', ...more });
const actions = (...elements: JsonObject[]) => ({ type: 'actions', elements });
const options = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ text: plain(`${index}`), value: `${index}` }));
const select = (more: JsonObject) => ({ type: 'static_select', action_id: 'pick', ...more });
const many = (count: number, item: JsonObject): JsonObject[] => Array.from({ length: count }, () => item);

function faults(...blocks: JsonObject[]): readonly string[] {
  return faultsOf((report) => checkBlocks(blocks, 50, '', report)).map(
    (fault) => `${fault.at} ${fault.message}`,
  );
}

describe('limits of blocks', () => {
  it.each<[string, JsonObject[], JsonObject[]]>([
    ['50 blocks', many(50, { type: 'divider' }), many(51, { type: 'divider' })],
    ['section text of 1 character', [section(1)], [section(0)]],
    ['section text of 3000 characters', [section(3000)], [section(3001)]],
    [
      'section with 10 fields',
      [{ type: 'section', fields: many(10, plain('f')) }],
      [{ type: 'section', fields: many(11, plain('f')) }],
    ],
    [
      'fields of 2000 characters',
      [{ type: 'section', fields: [plain('x'.repeat(2000))] }],
      [{ type: 'section', fields: [plain('x'.repeat(2001))] }],
    ],
    [
      'header of 150 characters',
      [{ type: 'header', text: plain('x'.repeat(150)) }],
      [{ type: 'header', text: plain('x'.repeat(151)) }],
    ],
    [
      'header in plain text',
      [{ type: 'header', text: plain('x') }],
      [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }],
    ],
    [
      'context of 10 elements',
      [{ type: 'context', elements: many(10, plain('c')) }],
      [{ type: 'context', elements: many(11, plain('c')) }],
    ],
    [
      '25 actions',
      [actions(...many(25, { type: 'button', text: plain('Go') }))],
      [actions(...many(26, { type: 'button', text: plain('Go') }))],
    ],
    ['an action at least', [actions(button())], [actions()]],
    [
      'button text of 75 characters',
      [actions(button({ text: plain('x'.repeat(75)) }))],
      [actions(button({ text: plain('x'.repeat(76)) }))],
    ],
    [
      'button value of 2000 characters',
      [actions(button({ value: 'x'.repeat(2000) }))],
      [actions(button({ value: 'x'.repeat(2001) }))],
    ],
    [
      'action id of 255 characters',
      [actions(button({ action_id: 'x'.repeat(255) }))],
      [actions(button({ action_id: 'x'.repeat(256) }))],
    ],
    [
      'block id of 255 characters',
      [section(1, { block_id: 'x'.repeat(255) })],
      [section(1, { block_id: 'x'.repeat(256) })],
    ],
    [
      '100 options',
      [actions(select({ options: options(100) }))],
      [actions(select({ options: options(101) }))],
    ],
    ['an option at least', [actions(select({ options: options(1) }))], [actions(select({ options: [] }))]],
    [
      'an initial option that is offered',
      [actions(select({ options: options(2), initial_option: { text: plain('1'), value: '1' } }))],
      [actions(select({ options: options(2), initial_option: { text: plain('9'), value: '9' } }))],
    ],
    [
      '10 radio buttons',
      [actions({ type: 'radio_buttons', options: options(10) })],
      [actions({ type: 'radio_buttons', options: options(11) })],
    ],
    [
      '5 overflow options',
      [actions({ type: 'overflow', options: options(5) })],
      [actions({ type: 'overflow', options: options(6) })],
    ],
    [
      'placeholder of 150 characters',
      [actions(select({ options: options(1), placeholder: plain('x'.repeat(150)) }))],
      [actions(select({ options: options(1), placeholder: plain('x'.repeat(151)) }))],
    ],
    [
      'confirm text of 300 characters',
      [actions(button({ confirm: confirm('x'.repeat(300)) }))],
      [actions(button({ confirm: confirm('x'.repeat(301)) }))],
    ],
    [
      'unique action ids in a block',
      [actions(button()), actions(button())],
      [actions(button(), button({ value: 'other' }))],
    ],
    [
      'unique block ids',
      [section(1, { block_id: 'a' }), section(1, { block_id: 'b' })],
      [section(1, { block_id: 'a' }), section(1, { block_id: 'a' })],
    ],
    ['known block types', [{ type: 'divider' }], [{ type: 'carousel' }]],
    [
      'elements where they belong',
      [actions(button())],
      [actions({ type: 'plain_text_input', action_id: 'x' })],
    ],
    [
      'tables of 100 rows',
      [{ type: 'table', rows: Array.from({ length: 100 }, () => []) }],
      [{ type: 'table', rows: Array.from({ length: 101 }, () => []) }],
    ],
  ])('accepts %s and refuses what goes beyond', (_what, good, bad) => {
    expect(faults(...good)).toEqual([]);
    expect(faults(...bad)).not.toEqual([]);
  });

  it('says where, as Slack does', () => {
    const refuse = () => requireContent({ text: 'x', blocks: [section(1), section(3001)] }, 40_000);
    expect(refuse).toThrow(SlackRefusal);
    expect(refuse).toThrow('[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]');
    expect(refuse).toThrow('invalid_blocks');
  });

  it('limits all texts of a message together to less than 12,000 characters', () => {
    const blocks = many(4, section(2999));
    requireContent({ blocks }, 40_000);
    expect(() => requireContent({ blocks: [...blocks, section(4)] }, 40_000)).toThrow('msg_blocks_too_long');
  });
});

function confirm(text: string): JsonObject {
  return { title: plain('Sure?'), text: plain(text), confirm: plain('Yes'), deny: plain('No') };
}

describe('limits of modals', () => {
  const view = (more: JsonObject) => ({
    type: 'modal',
    title: plain('Declare'),
    blocks: [section(1)],
    ...more,
  });
  const input = {
    type: 'input',
    label: plain('Title'),
    element: { type: 'plain_text_input', action_id: 'a' },
  };

  it.each<[string, JsonObject, JsonObject]>([
    ['title of 24 characters', { title: plain('x'.repeat(24)) }, { title: plain('x'.repeat(25)) }],
    ['submit of 24 characters', { submit: plain('x'.repeat(24)) }, { submit: plain('x'.repeat(25)) }],
    [
      'metadata of 3000 characters',
      { private_metadata: 'x'.repeat(3000) },
      { private_metadata: 'x'.repeat(3001) },
    ],
    ['callback id of 255 characters', { callback_id: 'x'.repeat(255) }, { callback_id: 'x'.repeat(256) }],
    ['100 blocks', { blocks: many(100, section(1)) }, { blocks: many(101, section(1)) }],
    ['a submit button for inputs', { blocks: [input], submit: plain('Go') }, { blocks: [input] }],
    ['modals only', { type: 'modal' }, { type: 'home' }],
  ])('accepts %s and refuses what goes beyond', (_what, good, bad) => {
    expect(requireView(view(good))).toMatchObject(good);
    expect(() => requireView(view(bad))).toThrow('invalid_arguments');
  });

  it('refuses a modal above 250 KB', () => {
    expect(() => requireView(view({ blocks: many(100, section(2700)) }))).toThrow('view_too_large');
  });
});
