/**
 * Variables that hold secrets. Each may come from a file named by `<NAME>_FILE`, and each but the
 * database's address may be a comma-separated list while it rotates.
 */
export const SECRET_NAMES = [
  'DATABASE_URL',
  'SLACK_BOT_TOKEN',
  'SLACK_SIGNING_SECRET',
  'PAGERDUTY_WEBHOOK_SECRET',
  'PAGERDUTY_API_TOKEN',
  'PAGERDUTY_ROUTING_KEY',
  'AIRE_SIGNAL_SECRETS',
  'AIRE_ALERT_TOKENS',
  'GRAFANA_WEBHOOK_SECRET',
  'LANGFUSE_WEBHOOK_SECRET',
  'LANGSMITH_WEBHOOK_SECRET',
  'GITHUB_WEBHOOK_SECRET',
  'AIRE_API_TOKENS',
] as const;

/** All other variables (design §7). */
export const PLAIN_NAMES = [
  'AIRE_DATA_DIR',
  'PORT',
  'HOST',
  'AIRE_PUBLIC_URL',
  'SLACK_API_URL',
  'PAGERDUTY_FROM',
  'PAGERDUTY_API_URL',
  'PAGERDUTY_EVENTS_URL',
  'AIRE_INCIDENTS_CHANNEL',
  'AIRE_REVIEW_CHANNEL',
  'AIRE_REVIEW_CRON',
  'AIRE_TIMEZONE',
  'AIRE_RUNBOOKS_DIR',
  'AIRE_TEMPLATES_DIR',
  'AIRE_GOLDEN_DIR',
  'AIRE_POSTMORTEMS_DIR',
  'AIRE_ALLOW_HOSTS',
  'AIRE_HEARTBEAT_URL',
  'AIRE_LOG_LEVEL',
] as const;

export type SecretName = (typeof SECRET_NAMES)[number];
export type PlainName = (typeof PLAIN_NAMES)[number];

const KNOWN: readonly string[] = [
  ...PLAIN_NAMES,
  ...SECRET_NAMES,
  ...SECRET_NAMES.map((name) => `${name}_FILE`),
];

const RUNBOOK_SECRET = 'AIRE_SECRET_';
const MAX_TYPOS = 3;

/** The `AIRE_SECRET_<NAME>` variables behind these names, without `_FILE`, each once, in order. */
export function runbookSecretNames(names: readonly string[]): string[] {
  const own = names.filter((name) => /^AIRE_SECRET_[A-Z0-9_]+$/.test(name));
  return [...new Set(own.map((name) => name.replace(/(?<=^AIRE_SECRET_.+)_FILE$/, '')))].sort();
}

/** What is wrong with a variable's name and what to do, or undefined when aire may leave it alone. */
export function faultOfName(name: string): string | undefined {
  if (!name.startsWith('AIRE_') || KNOWN.includes(name)) return undefined;
  if (name.startsWith(RUNBOOK_SECRET)) {
    return runbookSecretNames([name]).length > 0
      ? undefined
      : 'is not a name for a secret; write it in capitals, digits and underscores, such as AIRE_SECRET_DEPLOY';
  }
  const nearest = KNOWN.map((known) => ({ known, typos: editDistance(name, known) })).sort(
    (a, b) => a.typos - b.typos,
  )[0];
  return nearest !== undefined && nearest.typos <= MAX_TYPOS
    ? `is not a variable of aire; did you mean ${nearest.known}?`
    : 'is not a variable of aire; remove it, or name a secret for runbooks AIRE_SECRET_<NAME>';
}

/** Levenshtein distance: insertions, deletions and replacements from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
