/** What was taken out of a text, by kind. */
export interface Redaction {
  readonly text: string;
  readonly removed: Readonly<Record<string, number>>;
}

interface Pattern {
  readonly kind: string;
  readonly find: RegExp;
  readonly accept?: (match: string) => boolean;
}

/** Ordered: what looks like a secret is taken out before what looks like a number. */
const PATTERNS: readonly Pattern[] = [
  {
    kind: 'private_key',
    find: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  },
  {
    kind: 'token',
    find: /\b(?:xox[abprs]-[\w-]{10,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|sk-[\w-]{16,}|AKIA[0-9A-Z]{16}|whsec_[A-Za-z0-9+/=]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,})/g,
  },
  { kind: 'token', find: /\bBearer\s+[\w.~+/=-]{12,}/gi },
  { kind: 'email', find: /[\w.%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+/gi },
  { kind: 'iban', find: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b/g },
  {
    kind: 'card',
    find: /\b(?:[2-6]\d{3}(?:[ -]?\d{4}){3}|3\d{3}[ -]?\d{6}[ -]?\d{5}|\d{13,19})\b/g,
    accept: passesLuhn,
  },
  {
    kind: 'ip',
    find: /\b(?:\d{1,3}\.){3}\d{1,3}\b/g,
    accept: (match) => match.split('.').every((octet) => Number(octet) <= 255),
  },
  // With a + or 00 in front; with a 0, told from a date by the longer second group; ten digits as in North America.
  {
    kind: 'phone',
    find: /(?<![\w.])(?:\+[1-9]|00[1-9]\d{0,2}[ -])[\d ()./-]{5,18}\d(?!\w)/g,
    accept: (match) => digits(match).length >= 8,
  },
  {
    kind: 'phone',
    find: /(?<![\w./-])(?:\(0\d{1,4}\)|0\d{1,4})[ /-]{1,2}\d{3,9}(?:[ -]\d{2,5})*(?!\w)/g,
    accept: (match) => digits(match).length >= 8,
  },
  { kind: 'phone', find: /(?<![\w./-])0[1-9](?:[ .-]\d{2}){4}(?!\w)/g },
  {
    kind: 'phone',
    find: /(?<![\w./-])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?!\w)/g,
  },
];

/**
 * Takes personal data and secrets out of text that will be kept: each becomes `[email]`, `[card]` and so on,
 * so that the case still reads as it did (reference §N).
 */
export function redact(text: string): Redaction {
  const removed: Record<string, number> = {};
  let out = text;
  for (const { kind, find, accept } of PATTERNS) {
    out = out.replace(find, (match) => {
      if (accept !== undefined && !accept(match)) return match;
      removed[kind] = (removed[kind] ?? 0) + 1;
      return `[${kind}]`;
    });
  }
  return { text: out, removed };
}

function digits(text: string): string {
  return text.replace(/\D/g, '');
}

function passesLuhn(text: string): boolean {
  const sum = [...digits(text)].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
