import { isIP } from 'node:net';
import { validate as isCron } from 'node-cron';
import type { LogLevel } from './log.ts';
import { decodeWebhookSecret } from './standard-webhooks.ts';

/** The value of one variable, or what is wrong with it and what to do: `what; what to do`. */
export type Parsed<T> = { readonly value: T } | { readonly fault: string };

/** Somebody who may post to aire or read from it, with every secret or token that is valid for them at the moment. */
export interface Sender {
  readonly name: string;
  readonly secrets: readonly string[];
}

/** A TCP port; 0 lets the system choose one. */
export function parsePort(text: string): Parsed<number> {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535
    ? { value: port }
    : { fault: `\`${text}\` is not a port; give a whole number from 0 to 65535` };
}

/** An address or name to listen on. */
export function parseListenHost(text: string): Parsed<string> {
  return isIP(text) > 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text)
    ? { value: text }
    : {
        fault: `\`${text}\` is not a host; give an address such as 0.0.0.0 or a name, without scheme or port`,
      };
}

/** An http(s) address with whatever path it has. It may hold a key, so a fault never repeats it. */
export function parseHttpUrl(text: string): Parsed<string> {
  const url = parseUrl(text);
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return { fault: 'is not an http or https address; write it as https://host/path' };
  }
  return url.username === '' && url.password === ''
    ? { value: text }
    : { fault: 'carries a user name or password; use an address that needs none' };
}

/** The origin of an http(s) address that has no path: `https://aire.example.com`. */
export function parseBaseUrl(text: string): Parsed<string> {
  const url = parseUrl(text);
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return { fault: 'is not an http or https address; write it as https://host' };
  }
  if (url.username !== '' || url.password !== '') {
    return { fault: 'carries a user name or password; remove it' };
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return { fault: `has a path; give only ${url.origin}` };
  }
  return { value: url.origin };
}

/** A PostgreSQL connection string. It holds a password, so a fault never repeats it. */
export function parseDatabaseUrl(text: string): Parsed<string> {
  const url = parseUrl(text);
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    return {
      fault: 'is not a PostgreSQL address; write it as postgres://user:password@host:5432/database',
    };
  }
  try {
    decodeURIComponent(url.password);
    return { value: text };
  } catch {
    return { fault: 'has a % in its password that encodes nothing; write a plain % as %25' };
  }
}

/** A channel's name without `#`, or its id. */
export function parseChannel(text: string): Parsed<string> {
  const name = text.startsWith('#') ? text.slice(1) : text;
  return /^[\p{Ll}\p{Lo}\p{M}\p{N}_-]{1,80}$/u.test(name) || /^[CG][A-Z0-9]{8,}$/.test(name)
    ? { value: name }
    : {
        fault: `\`${text}\` is not a channel; give a name such as incidents (lower case) or an id such as C0123456789`,
      };
}

/** A cron expression, as node-cron reads it. */
export function parseCron(text: string): Parsed<string> {
  return isCron(text)
    ? { value: text }
    : { fault: `\`${text}\` is not a cron expression; five fields such as 0 9 * * 1 mean Mondays at 9:00` };
}

/** An IANA time zone. */
export function parseTimezone(text: string): Parsed<string> {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return { value: text };
  } catch {
    return { fault: `\`${text}\` is not a time zone; give a name such as Europe/Berlin or UTC` };
  }
}

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** How much is logged. */
export function parseLogLevel(text: string): Parsed<LogLevel> {
  const level = LOG_LEVELS.find((known) => known === text);
  return level === undefined
    ? { fault: `\`${text}\` is not a log level; give one of ${LOG_LEVELS.join(', ')}` }
    : { value: level };
}

/** The email address of somebody. */
export function parseEmail(text: string): Parsed<string> {
  return /^[^\s@<>",]+@[^\s@<>",]+$/.test(text)
    ? { value: text }
    : { fault: `\`${text}\` is not one email address; give it as name@example.com` };
}

/** REST API keys of PagerDuty; the first is the one used. Faults never repeat a key. */
export function parseApiTokens(text: string): Parsed<string[]> {
  const tokens = parseList(text);
  return tokens.length > 0 && tokens.every((token) => /^[\w+/=-]{8,}$/.test(token))
    ? { value: tokens }
    : {
        fault:
          'is not an API key; make one in PagerDuty under Integrations, API Access Keys, and copy it without “Token token=”',
      };
}

/** Integration keys of PagerDuty's Events API v2; the first is the one used. Faults never repeat a key. */
export function parseRoutingKeys(text: string): Parsed<string[]> {
  const keys = parseList(text);
  return keys.length > 0 && keys.every((key) => /^[A-Za-z0-9]{32}$/.test(key))
    ? { value: keys }
    : {
        fault:
          'is not an integration key of 32 letters and digits; add an Events API v2 integration to the PagerDuty service of the team that runs aire, and copy its integration key',
      };
}

/** Comma-separated values, without the space around them and without empty ones. */
export function parseList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Hosts that outgoing requests may reach although they are private: `deploy.internal`, `10.0.0.5:8080`, `[::1]`. */
export function parseHosts(text: string): Parsed<string[]> {
  const hosts: string[] = [];
  for (const entry of parseList(text)) {
    const written = isIP(entry) === 6 ? `[${entry}]` : entry;
    const url = /[\s/@?#*\\]/.test(written) ? undefined : parseUrl(`http://${written}`);
    if (url === undefined) {
      return {
        fault: `\`${entry}\` is not a host; give names or addresses such as deploy.internal,127.0.0.1:8080, without scheme, path or wildcard`,
      };
    }
    hosts.push(written.toLowerCase());
  }
  return { value: hosts };
}

/** Slack bot tokens; the first is the one used, the others wait for their turn in a rotation. */
export function parseBotTokens(text: string): Parsed<string[]> {
  const tokens = parseList(text);
  return tokens.length > 0 && tokens.every((token) => /^xoxb-[\w-]+$/.test(token))
    ? { value: tokens }
    : {
        fault:
          'is not a bot token; copy the one that starts with xoxb- from the app’s OAuth & Permissions page',
      };
}

/** `name=whsec_…,…`: a name may come again with another secret while it rotates. Faults never repeat a secret. */
export function parseSignalSenders(text: string): Parsed<Sender[]> {
  return parseSenders(text, 'secret', 'name=whsec_…', (secret) => {
    const key = secret.startsWith('whsec_') ? decodeWebhookSecret(secret) : undefined;
    return key === undefined || key.length < 24 || key.length > 64
      ? 'is not whsec_ followed by 24 to 64 bytes of base64; make one with: echo whsec_$(openssl rand -base64 32)'
      : undefined;
  });
}

/** `name=token,…`: a name may come again with another token while it rotates. Faults never repeat a token. */
export function parseTokenHolders(text: string): Parsed<Sender[]> {
  return parseSenders(text, 'token', 'name=token', (token) =>
    /^[\w.~+/=-]{16,}$/.test(token)
      ? undefined
      : 'is not 16 or more letters, digits and - . _ ~ + / =; make one with: openssl rand -hex 32',
  );
}

/** Names with their secrets. `faultOf` says what is wrong with a secret, without it. */
function parseSenders(
  text: string,
  noun: 'secret' | 'token',
  form: string,
  faultOf: (secret: string) => string | undefined,
): Parsed<Sender[]> {
  const owners = new Map<string, string>();
  for (const [index, entry] of parseList(text).entries()) {
    const split = entry.indexOf('=');
    const name = entry.slice(0, Math.max(0, split)).trim();
    const secret = entry.slice(split + 1).trim();
    if (split < 0 || name.startsWith('whsec_') || !/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) {
      return {
        fault: `entry ${index + 1} has no sender name; write ${form}, the name in letters, digits, - _ .`,
      };
    }
    const fault = faultOf(secret);
    if (fault !== undefined) return { fault: `the ${noun} of entry ${index + 1} ${fault}` };
    const owner = owners.get(secret);
    if (owner !== undefined) {
      return owner === name
        ? { fault: `${name} is there twice with the same ${noun}; remove one` }
        : { fault: `${owner} and ${name} have the same ${noun}; give every sender its own` };
    }
    owners.set(secret, name);
  }
  const names = [...new Set(owners.values())];
  return {
    value: names.map((name) => ({
      name,
      secrets: [...owners].filter(([, owner]) => owner === name).map(([secret]) => secret),
    })),
  };
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
