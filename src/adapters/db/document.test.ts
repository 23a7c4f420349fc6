import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDocument, encodeDocument, storable } from './document.ts';

const key = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('$date', '$$date', '$dates', 'a', '__proto__'),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }).map(storable),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    fc.boolean(),
    fc.constant(null),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key.map(storable), tie('value'), { maxKeys: 4 }),
  ),
}));

describe('a document', () => {
  it('is read as it was written, dates and all', () => {
    fc.assert(
      fc.property(value, (given) => {
        const read = decodeDocument(encodeDocument(given));
        expect(JSON.stringify(read)).toBe(JSON.stringify(given));
        expect(encodeDocument(read)).toBe(encodeDocument(given));
      }),
    );
  });

  it('reads what a driver has parsed already', () => {
    const at = new Date('2026-11-21T10:00:00.123Z');
    expect(decodeDocument(JSON.parse(encodeDocument({ at, list: [at] })))).toEqual({ at, list: [at] });
  });

  it("never takes a sender's own $date for a date", () => {
    for (const labels of [{ $date: 'tomorrow' }, { $date: '2026-11-21T10:00:00.000Z' }, { $$date: 'x' }])
      expect(decodeDocument(encodeDocument({ labels }))).toEqual({ labels });
  });

  it('makes text storable and leaves whole characters alone', () => {
    expect(storable('a\u0000b\ud83dc\udc4d')).toBe('a\ufffdb\ufffdc\ufffd');
    expect(storable('👍 ünïcode \u0001')).toBe('👍 ünïcode \u0001');
    expect(decodeDocument(encodeDocument({ 'k\u0000': ['\ud83d'] }))).toEqual({ 'k\ufffd': ['\ufffd'] });
  });
});
