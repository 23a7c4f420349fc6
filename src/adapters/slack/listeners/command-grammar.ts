/** What somebody asked for with `/aire …`. */
export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'declare'; readonly title: string }
  | { readonly name: 'list' }
  | { readonly name: 'show'; readonly number: number | undefined }
  | { readonly name: 'resolve'; readonly number: number | undefined; readonly summary: string }
  | { readonly name: 'review' }
  | { readonly name: 'services'; readonly service: string | undefined }
  | { readonly name: 'unknown'; readonly text: string };

/** The words a tired person types, and what they mean. */
const INCIDENT_VERBS: Readonly<Record<string, 'declare' | 'list' | 'show' | 'resolve'>> = {
  declare: 'declare',
  new: 'declare',
  create: 'declare',
  start: 'declare',
  list: 'list',
  ls: 'list',
  open: 'list',
  show: 'show',
  status: 'show',
  view: 'show',
  info: 'show',
  resolve: 'resolve',
  resolved: 'resolve',
  fixed: 'resolve',
  end: 'resolve',
};

const INCIDENT_NOUNS: ReadonlySet<string> = new Set(['incident', 'incidents', 'inc', 'i']);

/** Reads the text behind `/aire`: noun then verb; the noun `incident` may be left out. */
export function parseCommand(text: string): Command {
  const words = text.trim().split(/\s+/).filter(Boolean);
  const [first = '', second = ''] = words.map((word) => word.toLowerCase());
  if (first === '' || first === 'help' || first === '?') return { name: 'help' };
  if (first === 'review')
    return second === '' || second === 'now' ? { name: 'review' } : { name: 'unknown', text };
  if (first === 'services' || first === 'service')
    return words.length > 2 ? { name: 'unknown', text } : { name: 'services', service: words[1] };
  if (INCIDENT_NOUNS.has(first))
    return second === '' ? { name: 'list' } : incidentCommand(second, words.slice(2), text);
  return incidentCommand(first, words.slice(1), text);
}

function incidentCommand(verb: string, rest: readonly string[], text: string): Command {
  const name = INCIDENT_VERBS[verb];
  if (name === undefined) return { name: 'unknown', text };
  if (name === 'declare') return { name, title: rest.join(' ') };
  if (name === 'list') return { name };
  const number = numberOf(rest[0]);
  const after = (number === undefined ? rest : rest.slice(1)).join(' ');
  return name === 'show' ? { name, number } : { name, number, summary: after };
}

/** `12`, `#12`, `INC-12` */
function numberOf(word: string | undefined): number | undefined {
  const digits = /^(?:#|inc-)?(\d{1,9})$/i.exec(word ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
