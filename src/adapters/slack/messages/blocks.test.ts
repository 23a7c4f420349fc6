import { describe, expect, it } from 'vitest';
import {
  actions,
  clip,
  clipMrkdwn,
  context,
  escapeMrkdwn,
  fields,
  fitLines,
  inline,
  link,
  person,
  section,
} from './blocks.ts';

describe('escapeMrkdwn', () => {
  it('shows mentions, links and entities literally', () => {
    expect(escapeMrkdwn('<!channel> <@U0BEN> <http://x|y> &amp;')).toBe(
      '&lt;!channel&gt; &lt;@U0BEN&gt; &lt;http://x|y&gt; &amp;amp;',
    );
  });

  it('lets no backtick swallow what follows, and no mark turn its direction', () => {
    expect(escapeMrkdwn('```a` \u202Eevil\u2066')).toBe("'''a' evil");
    expect(escapeMrkdwn('שלום, عالم\u200F')).toBe('שלום, عالم\u200F');
  });
});

describe('clipping', () => {
  it('leaves alone what fits', () => {
    expect(clip('abc', 3)).toBe('abc');
    expect(clipMrkdwn('abc', 3)).toBe('abc');
  });

  it('never cuts an escape, a mention, a date or a character in two', () => {
    expect(clipMrkdwn('ab&amp;cd', 6)).toBe('ab…');
    expect(clipMrkdwn('ab<@U0ANA>cd', 8)).toBe('ab…');
    expect(clipMrkdwn('<@U0ANA>cdefgh', 10)).toBe('<@U0ANA>c…');
    expect(clip('ab😀cd', 4)).toBe('ab…');
  });

  it('makes one line of many', () => {
    expect(inline('a\nb\r\n\tc')).toBe('a b c');
    expect(inline('x'.repeat(500))).toHaveLength(200);
  });
});

describe('fitLines', () => {
  const lines = Array.from({ length: 10 }, (_each, index) => `line ${index}`);

  it('keeps all that fit', () => expect(fitLines(lines, 200)).toBe(lines.join('\n')));

  it('keeps whole lines and says how many are left out', () => {
    expect(fitLines(lines, 40)).toBe('line 0\nline 1\nline 2\n…and 7 more');
    expect(fitLines(lines, 40, 'last')).toBe('…7 before\nline 7\nline 8\nline 9');
  });

  it('clips a line that alone is too long', () => {
    expect(fitLines(['x'.repeat(100)], 50).length).toBeLessThanOrEqual(50);
  });
});

describe('building blocks', () => {
  it('link nothing by themselves: bare addresses and names stay text', () => {
    const [shown] = fields([['a', 'b']]);
    expect(section('https://x').text).toMatchObject({ verbatim: true });
    expect(context('https://x').elements[0]).toMatchObject({ verbatim: true });
    expect(shown?.fields?.[0]).toMatchObject({ verbatim: true });
  });

  it('a row of no buttons is no block', () => expect(actions([])).toEqual([]));

  it('more than ten fields become several sections', () => {
    const rows = Array.from({ length: 25 }, (_each, index): [string, string] => [`n${index}`, 'v']);
    expect(fields(rows).map((each) => each.fields?.length)).toEqual([10, 10, 5]);
    expect(fields([])).toEqual([]);
  });

  it('only a Slack id becomes a mention', () => {
    expect(person('U0ANA')).toBe('<@U0ANA>');
    expect(person('U0ANA> <!channel')).toBe('U0ANA&gt; &lt;!channel');
  });

  it('a link that would be cut is its label', () => {
    expect(link(`https://x/${'y'.repeat(2000)}`, 'label')).toBe('label');
    expect(link('https://x/?a=1&b=2', 'label')).toBe('<https://x/?a=1&amp;b=2|label>');
  });
});
