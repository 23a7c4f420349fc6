/** Replaces every secret in a text that is about to leave the process. */
export type Scrub = (text: string) => string;

const REPLACEMENT = '[secret]';

/** Below this length a value is no secret, and replacing it would only make text unreadable. */
const SHORTEST = 4;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\bx(?:ox[a-z]|app)-[\w.-]+/gi, REPLACEMENT],
  [/\bwhs(?:ec|k)_[\w+/-]+=*/g, REPLACEMENT],
  [/\b(bearer(?:\s+|%20))[^\s"'\\,;]+/gi, `$1${REPLACEMENT}`],
  // Only as a header: "Basic" begins sentences too.
  [/(authorization[\s"'\\:=]+basic\s+)[^\s"'\\,;]+/gi, `$1${REPLACEMENT}`],
  [/(\/\/)[^\s"'\\/@]+@/g, `$1${REPLACEMENT}@`],
];

/**
 * A {@link Scrub} for these exact values (also as they look inside JSON, JSON inside JSON, and a URL)
 * and for anything shaped like a Slack token, a webhook secret, an authorization header or a URL's
 * user and password. Values shorter than four characters are not looked for.
 */
export function createScrub(secrets: readonly string[]): Scrub {
  const forms = new Set(secrets.filter((secret) => secret.length >= SHORTEST).flatMap(writtenForms));
  // The longest first: a secret may be part of another.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const form of ordered) clean = clean.replaceAll(form, REPLACEMENT);
    for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
    return clean;
  };
}

function writtenForms(secret: string): string[] {
  const once = JSON.stringify(secret).slice(1, -1);
  const twice = JSON.stringify(once).slice(1, -1);
  return [
    secret,
    once,
    twice,
    percentEncoded(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
  ];
}

function percentEncoded(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    // A lone surrogate has no percent-encoded form, so it cannot appear in one.
    return secret;
  }
}
