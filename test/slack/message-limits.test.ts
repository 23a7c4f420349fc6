import { describe, expect, it } from 'vitest';
import { context, type SlackMessage } from '../../src/adapters/slack/messages/blocks.ts';
import {
  aDefinition,
  aGoldenCase,
  incidentIn,
  NOW,
} from '../../src/adapters/slack/messages/test-builders.ts';
import {
  actionItemModal,
  declareModal,
  expectedAnswerModal,
  mitigationModal,
  noteModal,
} from '../../src/adapters/slack/modals/modals.ts';
import { textLength } from '../../src/adapters/stand-ins/slack/block-limits.ts';
import { requireContent, UPDATE_TEXT_LIMIT } from '../../src/adapters/stand-ins/slack/message-limits.ts';
import { requireView } from '../../src/adapters/stand-ins/slack/view-limits.ts';
import { HOSTILE, longRunbook, many, messagesWith, start } from './hostile-messages.ts';

/** The mrkdwn of a message, top-level text included. */
function mrkdwnOf(message: SlackMessage): string[] {
  const found: string[] = [message.text];
  JSON.stringify(message.blocks, (_key, value: unknown) => {
    if (value !== null && typeof value === 'object' && 'type' in value && value.type === 'mrkdwn') {
      if (!('verbatim' in value) || value.verbatim !== true)
        throw new Error('a text lets Slack turn names and addresses into links');
      if ('text' in value && typeof value.text === 'string') found.push(value.text);
    }
    return value;
  });
  return found;
}

const OURS = /<(?:!date\^\d+\^[^<>|]+\|[^<>]+|@U0(?:ANA|BEN)|#C0INC12|https:\/\/x\/u+\|[^<>]*)>/g;

/** What Slack would make a mention, a link or a special of, and we did not. */
function foreignTokens(message: SlackMessage): string[] {
  return mrkdwnOf(message).flatMap(
    // A `>` that begins a line quotes it.
    (text) =>
      text
        .replaceAll(OURS, '')
        .replaceAll(/^>/gm, '')
        .match(/[<>].{0,30}/g) ?? [],
  );
}

/** What is wrong with a message, in words; empty when nothing is. */
function faultsOf(message: SlackMessage): string[] {
  const faults: string[] = [];
  try {
    requireContent({ text: message.text, blocks: message.blocks }, UPDATE_TEXT_LIMIT);
  } catch (error) {
    faults.push(String(error));
  }
  if (textLength(message.blocks) >= 12_000) faults.push('12,000 characters or more');
  faults.push(...foreignTokens(message));
  for (const text of mrkdwnOf(message)) {
    if (/[\u202a-\u202e\u2066-\u2069]/.test(text)) faults.push('a mark that turns the direction');
    if (text.includes('`') && !text.includes('/aire')) faults.push('a backtick');
    if (/&(?!amp;|lt;|gt;)/.test(text)) faults.push('half an escape');
    if (/\p{Surrogate}/u.test(text)) faults.push('half a character');
  }
  return faults;
}

describe.each(Object.entries(HOSTILE))('full of %s', (_name, words) => {
  it('messages break no limit, and nothing of it becomes a mention or a link', () => {
    const faulty = [...messagesWith(words)].flatMap(([name, message]) => {
      const faults = faultsOf(message);
      return faults.length === 0 ? [] : [[name, faults.slice(0, 5)]];
    });
    expect(Object.fromEntries(faulty)).toEqual({});
  });

  it('modals break no limit', () => {
    const incident = incidentIn('mitigate', {
      title: words,
      facts: Object.fromEntries(
        many(30, (index) => [`fact_${index}`, { value: words, from: 'step:x', at: NOW }]),
      ),
    });
    const body = Object.fromEntries(many(30, (index) => [`a${index}`, `{{facts.fact_${index}}}`]));
    const definition = aDefinition({ title: start(words, 75), side_effects: start(words, 500) });
    const [step] = longRunbook(words);
    if (step === undefined) throw new Error('no step');
    const views = [
      declareModal(
        many(150, (index) => `service-${index}`),
        words,
      ),
      noteModal(incident, step),
      mitigationModal(incident, 'x', { ...definition, request: { ...definition.request, body } }, true),
      actionItemModal(incident),
      expectedAnswerModal(aGoldenCase({ input: words, expected: start(words, 3000) })),
    ];
    for (const view of views) expect(() => requireView({ ...view })).not.toThrow();
  });
});

describe('what these tests would find', () => {
  it('a mention that nobody escaped', () => {
    const careless = { text: 'x', blocks: [context('<!channel> <@U0CHI>')] };
    expect(faultsOf(careless).join()).toContain('<!channel> <@U0CHI>');
    expect(faultsOf({ text: '<!channel>', blocks: [] }).join()).toContain('<!channel>');
  });

  it('a text in which Slack makes links of its own', () => {
    const block = { type: 'section', text: { type: 'mrkdwn', text: 'http://x' } } as const;
    expect(() => mrkdwnOf({ text: 'x', blocks: [block] })).toThrow('links');
  });

  it('a text that is too long, alone or with the others', () => {
    const section = (length: number) =>
      ({ type: 'section', text: { type: 'mrkdwn', verbatim: true, text: 'x'.repeat(length) } }) as const;
    expect(faultsOf({ text: 'x', blocks: [section(3001)] }).join()).toContain('invalid_blocks');
    expect(faultsOf({ text: 'x', blocks: many(5, () => section(2900)) }).join()).toContain('12,000');
    expect(faultsOf({ text: 'x', blocks: [section(3000)] })).toEqual([]);
  });
});
