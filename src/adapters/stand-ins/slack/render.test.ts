import { describe, expect, it } from 'vitest';
import { renderMessage } from './render.ts';

const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const plain = (text: string) => ({ type: 'plain_text', text });
const NAMES: Readonly<Record<string, string>> = { U1: 'ana', C1: 'incidents' };

describe('renderMessage', () => {
  it('shows a card as a person reads it', () => {
    const option = { text: plain('SEV2'), value: '2' };
    const blocks = [
      { type: 'header', text: plain('Hallucinations *up*') },
      { type: 'section', text: mrkdwn('*SEV2* for <@U1>, see <https://x.example/a_b|the trace>') },
      { type: 'section', fields: [mrkdwn('*Phase*\ntriage'), mrkdwn('*Owner*\nnobody')] },
      { type: 'divider' },
      {
        type: 'actions',
        elements: [
          { type: 'button', text: plain('Acknowledge') },
          { type: 'static_select', placeholder: plain('Severity'), options: [option] },
          {
            type: 'static_select',
            placeholder: plain('Severity'),
            options: [option],
            initial_option: option,
          },
        ],
      },
      { type: 'context', elements: [mrkdwn('since <!date^1795255200^{time}|10:00 UTC>'), plain('v18')] },
    ];
    expect(renderMessage({ text: 'fallback', blocks }, (id) => NAMES[id])).toBe(
      [
        '== Hallucinations *up* ==',
        'SEV2 for @ana, see the trace (https://x.example/a_b)',
        '  Phase: triage',
        '  Owner: nobody',
        '────────',
        '[Acknowledge] [Severity ▾] [SEV2 ▾]',
        'since 10:00 UTC · v18',
      ].join('\n'),
    );
  });

  it.each([
    ['a &lt;b&gt; &amp;amp; c', 'a <b> &amp; c'],
    ['&lt;!channel&gt; in a title', '<!channel> in a title'],
    ['<!channel> and <!subteam^S1|@ml-oncall>', '@channel and @ml-oncall'],
    ['<#C1> <#C2|general> <@U9>', '#incidents #general @U9'],
    ['<https://x.example>', 'https://x.example'],
    ['_soon_ ~never~ `task_completion_rate` 2 * 3 * 4', 'soon never task_completion_rate 2 * 3 * 4'],
  ])('%s reads %s', (text, expected) => {
    expect(renderMessage({ text }, (id) => NAMES[id])).toBe(expected);
  });

  it('takes blocks alone, and shows inputs, rich text and tables', () => {
    const rich = {
      type: 'rich_text_section',
      elements: [
        { type: 'text', text: 'hi ' },
        { type: 'user', user_id: 'U1' },
      ],
    };
    const blocks = [
      { type: 'input', label: plain('Title'), element: { type: 'plain_text_input' } },
      { type: 'rich_text', elements: [rich] },
      {
        type: 'table',
        rows: [
          [
            { type: 'raw_text', text: 'a' },
            { type: 'raw_text', text: 'b' },
          ],
        ],
      },
    ];
    expect(renderMessage(blocks, (id) => NAMES[id])).toBe('Title: [____]\nhi @ana\na | b');
  });
});
