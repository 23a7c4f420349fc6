import { AppError } from '../errors.ts';

/** Values by dotted name, such as `facts.previous_good_model`. */
export type Values = Readonly<Record<string, string>>;

/** Anything between the braces, so that a misspelt name is a missing value and not text to send. */
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/** The names a template asks for, each once, in order. */
export function namesIn(template: string): readonly string[] {
  return [...new Set(Array.from(template.matchAll(PLACEHOLDER), (match) => (match[1] ?? '').trim()))];
}

/**
 * Replaces `{{name}}` by its value; `encode` makes the value fit its place (a URL, a header).
 *
 * @throws AppError `invalid_input` naming the value that is missing: nothing is ever sent with a hole in it.
 */
export function insertValues(
  template: string,
  values: Values,
  encode: (value: string) => string = (value) => value,
): string {
  return template.replaceAll(PLACEHOLDER, (_all, inner: string) => {
    const name = inner.trim();
    const value = values[name];
    if (value === undefined || value === '') {
      const hint = name.startsWith('facts.')
        ? ` Set the fact "${name.slice(6)}" first (a change signal or a step sets it).`
        : '';
      throw new AppError('invalid_input', `The value {{${name}}} is not known yet.${hint}`);
    }
    return encode(value);
  });
}

/** Inserts values into every string of a JSON value; they stay strings, so none can break out of its place. */
export function insertIntoJson(value: unknown, values: Values): unknown {
  if (typeof value === 'string') return insertValues(value, values);
  if (Array.isArray(value)) return value.map((item) => insertIntoJson(item, values));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, insertIntoJson(inner, values)]),
    );
  }
  return value;
}
