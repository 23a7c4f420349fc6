import fc from 'fast-check';
import { expect, test } from 'vitest';
import { insertValues } from '../insert-values.ts';
import { promqlSafe, unquotedNames } from './promql.ts';

test('no value leaves the string it is put into, in any of the three kinds of quotes', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'binary' }),
      fc.constantFrom('"', "'", '`'),
      (value, quote) => {
        const query = insertValues(`up{a=${quote}{{v}}${quote}} > 1`, { v: value }, promqlSafe);
        const inside = query.slice('up{a='.length + 1, -'} > 1'.length - 1);
        expect(inside).not.toContain(quote);
        expect(inside).not.toMatch(/\\(?!x[0-9a-f]{2})|\n/);
      },
    ),
  );
});

test('it is read back as the value that it was', () => {
  const hostile = 'v1"} or vector(1) #\\';
  const read = promqlSafe(hostile).replaceAll(/\\x([0-9a-f]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  expect(read).toBe(hostile);
});

test('values outside of strings are found', () => {
  expect(unquotedNames('up{a="{{x}}", b=\'{{y}}\', c=`{{z}}`} # {{w}}')).toEqual([]);
  expect(unquotedNames('up{a="\\"{{x}}"} > {{facts.limit}}')).toEqual(['facts.limit']);
  expect(unquotedNames('{{metric}}{a="x"}')).toEqual(['metric']);
});
