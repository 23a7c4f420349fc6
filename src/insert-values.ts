import { AppError } from './errors.ts';

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

/** A value for a url. A path segment of dots would move the request to another path, encoded or not. @throws AppError `invalid_input`. */
export function urlSafe(value: string): string {
  if (value === '.' || value === '..')
    throw new AppError('invalid_input', `A value for the url may not be "${value}".`);
  return encodeURIComponent(value);
}

const SECRET = /\$\{(AIRE_SECRET_[A-Z0-9_]+)\}/g;

/**
 * The headers of a request with values put in; `${AIRE_SECRET_…}` stays. Secrets are put in when the request is sent,
 * so no value may name one.
 *
 * @throws AppError `invalid_input`.
 */
export function insertIntoHeaders(
  headers: Readonly<Record<string, string>>,
  values: Values,
): Record<string, string> {
  const secretsOf = (text: string): string => (text.match(SECRET) ?? []).join();
  return mapValues(headers, (template, name) => {
    const inserted = insertValues(template, values, headerSafe);
    if (secretsOf(inserted) === secretsOf(template)) return inserted;
    throw new AppError(
      'invalid_input',
      `A value for the header "${name}" names a secret. Values may not contain \${AIRE_SECRET_…}.`,
    );
  });
}

/** Headers as they are sent: each `${AIRE_SECRET_…}` by the first value of that variable. Never stored, never shown. */
export function insertSecrets(
  headers: Readonly<Record<string, string>>,
  secrets: ReadonlyMap<string, readonly string[]>,
): Record<string, string> {
  return mapValues(headers, (template) =>
    template.replaceAll(SECRET, (_all, name: string) => secrets.get(name)?.[0] ?? ''),
  );
}

function mapValues(
  record: Readonly<Record<string, string>>,
  change: (value: string, name: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}

/** A header value can't hold line breaks or other control characters. */
function headerSafe(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to remove
  return value.replace(/[\u0000-\u001f\u007f]/g, ' ');
}
