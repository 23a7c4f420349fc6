import { LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { messageOf } from '../errors.ts';

/** One thing wrong in a file, where it is, and how to mend it. */
export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A parsed file that later checks can still point into. */
export interface ParsedFile<T> {
  readonly file: string;
  readonly value: T;
  /** A fault at a path of the file, such as `['sources', 'alerts', 0, 'trigger']`. */
  fault(path: readonly PropertyKey[], message: string): Fault;
}

/** Reads YAML against a schema; every fault has its line and column. */
export function parseYaml<T>(
  file: string,
  text: string,
  schema: z.ZodType<T>,
): { parsed?: ParsedFile<T>; faults: readonly Fault[] } {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const at = (offset: number, message: string): Fault => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line, column: col, message };
  };
  if (document.errors.length > 0) {
    return { faults: document.errors.map((error) => at(error.pos[0], error.message)) };
  }

  const fault = (path: readonly PropertyKey[], message: string): Fault =>
    at(offsetOf(document, path), message);
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // An alias without its anchor, or aliases nested without end.
    return { faults: [at(offsetOfUnknownAlias(document), messageOf(error))] };
  }
  const read = schema.safeParse(value);
  if (read.success) return { parsed: { file, value: read.data, fault }, faults: [] };
  return {
    faults: read.error.issues
      .flatMap((issue) => faultsOf(issue))
      .map(({ path, message }) => fault(path, message)),
  };
}

type Issue = z.core.$ZodIssue;

/** An unknown key is a fault at the key itself; of a union's branches the one that came furthest speaks. */
function faultsOf(issue: Issue): readonly { path: readonly PropertyKey[]; message: string }[] {
  const shown = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      message: `${[...issue.path, key].map(String).join('.')}: unknown key. Remove it, or check its spelling.`,
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const best = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
    return best.flatMap((inner) => faultsOf({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => ({ path: issue.path, message: `${shown}${inner.message}` }));
  }
  return [{ path: issue.path, message: `${shown}${issue.message}` }];
}

function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'invalid_type' ? 0 : 0.5)));
}

type Document = ReturnType<typeof parseDocument>;

/** Where a path is in the text: its key if it has one, else its value, else the nearest parent that exists. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1).map(plain), true);
    const last = path[length - 1];
    const key = keyRange(parent, last);
    if (key !== undefined) return key;
    const node = document.getIn(path.slice(0, length).map(plain), true);
    const range = rangeOf(node);
    if (range !== undefined) return range;
  }
  return rangeOf(document.contents) ?? 0;
}

function offsetOfUnknownAlias(document: Document): number {
  let offset = 0;
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function plain(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}

function keyRange(parent: unknown, key: PropertyKey | undefined): number | undefined {
  if (parent === null || typeof parent !== 'object' || !('items' in parent) || !Array.isArray(parent.items))
    return undefined;
  for (const item of parent.items as readonly unknown[]) {
    if (item === null || typeof item !== 'object' || !('key' in item)) continue;
    const { key: node } = item;
    if (node !== null && typeof node === 'object' && 'value' in node && node.value === key)
      return rangeOf(node);
  }
  return undefined;
}

function rangeOf(node: unknown): number | undefined {
  if (node === null || typeof node !== 'object' || !('range' in node) || !Array.isArray(node.range))
    return undefined;
  const [start] = node.range as readonly unknown[];
  return typeof start === 'number' ? start : undefined;
}
