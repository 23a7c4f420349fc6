import { expect, test } from 'vitest';
import { atPointer } from './json-pointer.ts';

/** The example of RFC 6901, section 5. */
const rfc = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
};

test.each([
  ['', rfc],
  ['/foo', ['bar', 'baz']],
  ['/foo/0', 'bar'],
  ['/', 0],
  ['/a~1b', 1],
  ['/c%d', 2],
  ['/e^f', 3],
  ['/g|h', 4],
  ['/i\\j', 5],
  ['/k"l', 6],
  ['/ ', 7],
  ['/m~0n', 8],
])('%j of the example of RFC 6901', (pointer, value) => {
  expect(atPointer(rfc, pointer)).toEqual(value);
});

test('~01 is ~1 and no slash', () => {
  expect(atPointer({ '~1': 'tilde', '/': 'slash' }, '/~01')).toBe('tilde');
});

test.each(['/foo/2', '/foo/-', '/foo/01', '/foo/length', '/foo/0/x', '/constructor', '/nothing/at/all'])(
  '%s names nothing',
  (pointer) => {
    expect(atPointer(rfc, pointer)).toBeUndefined();
  },
);
