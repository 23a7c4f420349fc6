import { namesIn } from '../insert-values.ts';

/** Strings in double or single quotes and backticks, and comments. */
const LITERALS = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`|#[^\n]*/g;

/**
 * A value as it stands within a PromQL string. Every character that could end one of the three kinds of string, a
 * backslash or a line break becomes an escape, so that no value leaves its string; within backticks, where PromQL
 * knows no escapes, such a value is only not found.
 */
export function promqlSafe(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to escape
  return value.replaceAll(/["'`\\\u0000-\u001f\u007f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** The `{{values}}` of a query that stand outside its strings, where nothing could hold them. */
export function unquotedNames(query: string): readonly string[] {
  return namesIn(query.replaceAll(LITERALS, '""'));
}
