import { createHash, randomBytes } from 'node:crypto';

/** A new identifier, sortable by creation: `<prefix>_<time><random>`, 26 base-32 characters. */
export type NewId = (prefix: string) => string;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export const newId: NewId = (prefix) => {
  let time = Date.now();
  let head = '';
  for (let i = 0; i < 10; i++) {
    head = ALPHABET[time % 32] + head;
    time = Math.floor(time / 32);
  }
  const tail = Array.from(randomBytes(16), (byte) => ALPHABET[byte % 32]).join('');
  return `${prefix}_${head}${tail}`;
};

/** Stable content address of a value: SHA-256 over its JSON with sorted keys, hexadecimal. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(stableJson(value)).digest('hex');
}

/** JSON with object keys in order, so that equal values have equal text. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
