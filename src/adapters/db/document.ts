import { customType } from 'drizzle-orm/pg-core';

/**
 * A value as JSON whose dates survive: each is kept as `{"$date": "…"}`, and a key of that name as `$$date`. Text is
 * made {@link storable}.
 */
export function encodeDocument(value: unknown): string {
  return JSON.stringify(tagDates(value));
}

/** The reverse of {@link encodeDocument}; takes text, or what a driver has parsed already. */
export function decodeDocument(stored: unknown): unknown {
  return untagDates(typeof stored === 'string' ? (JSON.parse(stored) as unknown) : stored);
}

/** Text as PostgreSQL takes it: NUL and halves of surrogate pairs, which it refuses, become U+FFFD. */
export function storable(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** `$date`, or one that was escaped: `$$date`, `$$$date`, … */
const DATE_KEY = /^\$+date$/;

function tagDates(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (value instanceof Date) return { $date: value.toISOString() };
  return withEach(value, (key) => (isDateKey(key) ? `$${key}` : storable(key)), tagDates);
}

function untagDates(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if ('$date' in value && typeof value.$date === 'string') return new Date(value.$date);
  return withEach(value, (key) => (isDateKey(key) ? key.slice(1) : key), untagDates);
}

function isDateKey(key: string): boolean {
  return key.startsWith('$') && DATE_KEY.test(key);
}

/** A copy of a list or an object with what is in it changed; anything else as it is. */
function withEach(
  value: unknown,
  rename: (key: string) => string,
  change: (inner: unknown) => unknown,
): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (value === null || typeof value !== 'object') return value;
  // By assignment: a copy made by `Object.fromEntries` takes twice as long, and this is half of an evaluation.
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const name = rename(key);
    if (name === '__proto__') Object.defineProperty(copy, name, { ...OWN, value: change(inner) });
    else copy[name] = change(inner);
  }
  return copy;
}

const OWN = { enumerable: true, writable: true, configurable: true };

/** A `jsonb` column that holds a typed value written by this product. */
export function document<T>(name: string) {
  return customType<{ data: T; driverData: unknown }>({
    dataType: () => 'jsonb',
    toDriver: encodeDocument,
    // What is read was written by `toDriver` of the same column.
    fromDriver: (stored) => decodeDocument(stored) as T,
  })(name);
}
