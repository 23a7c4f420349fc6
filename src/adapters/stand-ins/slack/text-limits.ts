import { isObject, type JsonObject, textAt } from './json.ts';
import type { LimitFault } from './slack-refusal.ts';

/** Takes down a broken limit. */
export type Report = (at: string, message: string) => void;

/** Collects what a check reports. */
export function faultsOf(check: (report: Report) => void): readonly LimitFault[] {
  const faults: LimitFault[] = [];
  check((at, message) => faults.push({ at, message }));
  return faults;
}

/** An optional string field of at most `max` characters. */
export function checkLength(parent: JsonObject, key: string, max: number, at: string, report: Report): void {
  const value = parent[key];
  if (value === undefined) return;
  if (typeof value !== 'string') report(`${at}/${key}`, 'must be a string');
  else if (value.length > max) report(`${at}/${key}`, `must be less than ${max + 1} characters`);
}

/** A text object (reference §1.8): 1 to `max` characters, of an allowed type. */
export function checkText(
  value: unknown,
  at: string,
  rule: { readonly max: number; readonly plain?: boolean },
  report: Report,
): void {
  if (!isObject(value)) {
    report(at, 'missing required field: text');
    return;
  }
  const type = textAt(value, 'type');
  if (type !== 'plain_text' && (rule.plain || type !== 'mrkdwn'))
    report(`${at}/type`, `unsupported type: ${type}`);
  const text = textAt(value, 'text') ?? '';
  if (text.length === 0) report(`${at}/text`, 'must be more than 0 characters');
  if (text.length > rule.max) report(`${at}/text`, `must be less than ${rule.max + 1} characters`);
}

/** A list field of `min` to `max` objects, or nothing when it is absent and `min` is 0. */
export function checkItems(
  parent: JsonObject,
  key: string,
  rule: { readonly min: number; readonly max: number },
  at: string,
  report: Report,
): readonly JsonObject[] {
  const value = parent[key];
  if (value === undefined && rule.min === 0) return [];
  if (!Array.isArray(value)) {
    report(`${at}/${key}`, `missing required field: ${key}`);
    return [];
  }
  if (value.length < rule.min) report(`${at}/${key}`, `no fewer than ${rule.min} items allowed`);
  if (value.length > rule.max) report(`${at}/${key}`, `no more than ${rule.max} items allowed`);
  value.forEach((item, index) => {
    if (!isObject(item)) report(`${at}/${key}/${index}`, 'must be an object');
  });
  return value.filter(isObject);
}

/** Reports the second use of an id. */
export function checkUnique(
  ids: readonly (string | undefined)[],
  name: string,
  at: string,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const id of ids) {
    if (id === undefined) continue;
    if (seen.has(id)) report(at, `\`${name}\` already exists: ${id}`);
    seen.add(id);
  }
}
