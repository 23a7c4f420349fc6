import { parseJson } from '../../../json.ts';
import type { JsonObject } from './json.ts';
import { refuseFaults } from './slack-refusal.ts';

const NESTED = ['blocks', 'view', 'metadata', 'attachments'];

/** The arguments of a call, from a form or JSON body; nested fields of a form are JSON text (reference §1.6). */
export function parseArguments(contentType: string, body: string): JsonObject {
  if (contentType.startsWith('application/json')) {
    const parsed = parseJson(body);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  }
  const fields: Record<string, unknown> = {};
  for (const [key, value] of new URLSearchParams(body)) {
    // What is not JSON stays text, and the method refuses it by its own rules.
    fields[key] = NESTED.includes(key) ? (parseJson(value) ?? value) : value;
  }
  return fields;
}

/** A text argument; numbers count as text, because forms know no numbers. */
export function optionalText(args: JsonObject, key: string): string | undefined {
  const value = args[key];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** @throws SlackRefusal `invalid_arguments` when the argument is missing. */
export function requiredText(args: JsonObject, key: string): string {
  const value = optionalText(args, key);
  if (value === undefined) {
    refuseFaults('invalid_arguments', [{ at: `/${key}`, message: `missing required field: ${key}` }]);
  }
  return value ?? '';
}

/** A boolean argument, in the ways forms write it. */
export function flag(args: JsonObject, key: string): boolean {
  return ['true', '1'].includes(String(args[key]));
}

/** A whole number within limits. */
export function count(args: JsonObject, key: string, fallback: number, max: number): number {
  const value = Number(args[key] ?? fallback);
  return Number.isInteger(value) && value > 0 ? Math.min(value, max) : fallback;
}

/** One page of a list and the cursor of the next; the cursor is where that begins. */
export function page<T>(
  items: readonly T[],
  args: JsonObject,
  limit: number,
): { readonly items: readonly T[]; readonly response_metadata: { readonly next_cursor: string } } {
  const start = Number(optionalText(args, 'cursor') ?? 0);
  const end = start + limit;
  return {
    items: items.slice(start, end),
    response_metadata: { next_cursor: end < items.length ? String(end) : '' },
  };
}
