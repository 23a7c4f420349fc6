import { namesIn } from '../insert-values.ts';
import type { Fault, ParsedFile } from './parse-yaml.ts';

/** What files may refer to that lies outside them. */
export interface ReferenceContext {
  /** The `AIRE_SECRET_*` variables that are set. */
  readonly secrets: ReadonlyMap<string, readonly string[]>;
  /** Whether targets can reach a callback URL (`AIRE_PUBLIC_URL` is set). */
  readonly hasPublicUrl: boolean;
}

/** A part of a file that values and secrets are put into. */
export interface Templates {
  /** Where it stands, such as `['mitigations', 'roll_back', 'request']`. */
  readonly path: readonly (string | number)[];
  readonly headers: Readonly<Record<string, string>>;
  /** What people see of it, as one text, and what that is called. */
  readonly shown: string;
  readonly shownAs: string;
  /** The values it may name beside those of every incident. */
  readonly alsoKnown?: readonly string[];
}

const SECRET = /\$\{([^}]*)\}/g;
const VALUES = /^(?:service|incident\.(?:name|severity)|facts\.[a-z][a-z0-9_]*)$/;

/** Secrets that may not be used or stand where people see them, and values that nobody knows. */
export function checkTemplates(
  { path, headers, shown, shownAs, alsoKnown = [] }: Templates,
  { fault }: Pick<ParsedFile<unknown>, 'fault'>,
): Fault[] {
  const where = path.join('.');
  const text = [...Object.values(headers), shown].join('\n');
  const known = ['service', ...alsoKnown, 'incident.name', 'incident.severity', 'facts.<name>'];
  const names = `${known.slice(0, -1).join(', ')} or ${known.at(-1)}`;
  return [
    ...secretsIn(text)
      .filter((secret) => !/^AIRE_SECRET_[A-Z0-9_]+$/.test(secret))
      .map((secret) =>
        fault(
          path,
          `${where}: \${${secret}} may not be used; only variables that start with AIRE_SECRET_ may`,
        ),
      ),
    ...(shown.includes('${')
      ? [fault(path, `${where}: secrets belong into headers, not into ${shownAs}, which people see`)]
      : []),
    ...namesIn(text)
      .filter((value) => !VALUES.test(value) && !alsoKnown.includes(value))
      .map((value) => fault(path, `${where}: {{${value}}} is unknown; use ${names}`)),
  ];
}

/** The variables that a text asks for by `${…}`, each once. */
export function secretsIn(text: string): readonly string[] {
  return [...new Set(Array.from(text.matchAll(SECRET), (match) => match[1] ?? ''))];
}

/** Secrets that are named but not in the environment. */
export function checkSecretsAreSet(
  names: readonly string[],
  path: readonly (string | number)[],
  { fault }: Pick<ParsedFile<unknown>, 'fault'>,
  context: ReferenceContext,
): Fault[] {
  return [...new Set(names)]
    .filter((secret) => secret.startsWith('AIRE_SECRET_') && !context.secrets.has(secret))
    .map((secret) =>
      fault(path, `${path.join('.')}: the variable ${secret} is not set. Set it in the environment.`),
    );
}
