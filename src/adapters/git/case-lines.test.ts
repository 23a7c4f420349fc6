import fc from 'fast-check';
import { expect, test } from 'vitest';
import { upsertCaseLine } from './case-lines.ts';

const line = (id: string, input = '') => JSON.stringify({ id, input });

test('adds at the end, replaces in place, and is the same when repeated', () => {
  const one = upsertCaseLine('', 'a', line('a'));
  const two = upsertCaseLine(one, 'b', line('b'));
  expect(two).toBe(`${line('a')}\n${line('b')}\n`);
  const changed = upsertCaseLine(two, 'a', line('a', 'new'));
  expect(changed).toBe(`${line('a', 'new')}\n${line('b')}\n`);
  expect(upsertCaseLine(changed, 'a', line('a', 'new'))).toBe(changed);
});

test('keeps lines it cannot read, mends a missing newline, and leaves one line of an id that was there twice', () => {
  const text = `# note\r\n${line('a')}\n\n${line('b')}\n${line('a', 'copy')}`;
  expect(upsertCaseLine(text, 'a', line('a', 'new'))).toBe(`# note\n${line('a', 'new')}\n${line('b')}\n`);
});

test('whatever is upserted in whatever order, every id has its last line, once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.string({ unit: 'binary' }))),
      (upserts) => {
        let text = '';
        const last = new Map<string, string>();
        for (const [id, input] of upserts) {
          text = upsertCaseLine(text, id, line(id, input));
          last.set(id, line(id, input));
        }
        expect(text.split('\n').filter(Boolean).sort()).toEqual([...last.values()].sort());
      },
    ),
  );
});

test.each([
  ['another id', line('b')],
  ['no id', '{}'],
  ['no JSON', 'a'],
  ['no object', '"a"'],
  ['two lines', `${line('a')}\n${line('a')}`],
  ['a line break', '{"id":\n"a"}'],
])('refuses a line with %s', (_what, bad) => {
  expect(() => upsertCaseLine('', 'a', bad)).toThrow('is not one line of JSON with that id');
});
