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
  if (value instanceof Date) return { $date: value.toISOString() };
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(tagDates);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        DATE_KEY.test(key) ? `$${key}` : storable(key),
        tagDates(inner),
      ]),
    );
  }
  return value;
}

function untagDates(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untagDates);
  if (value === null || typeof value !== 'object') return value;
  if ('$date' in value && typeof value.$date === 'string') return new Date(value.$date);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [DATE_KEY.test(key) ? key.slice(1) : key, untagDates(inner)]),
  );
}

/** A `jsonb` column that holds a typed value written by this product. */
export function document<T>(name: string) {
  return customType<{ data: T; driverData: unknown }>({
    dataType: () => 'jsonb',
    toDriver: encodeDocument,
    // What is read was written by `toDriver` of the same column.
    fromDriver: (stored) => decodeDocument(stored) as T,
  })(name);
}
