import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { faultOfName, runbookSecretNames } from './config-names.ts';
import {
  type Parsed,
  parseApiTokens,
  parseBaseUrl,
  parseBotTokens,
  parseChannel,
  parseCron,
  parseDatabaseUrl,
  parseEmail,
  parseHosts,
  parseHttpUrl,
  parseList,
  parseListenHost,
  parseLogLevel,
  parsePort,
  parseRoutingKeys,
  parseSignalSenders,
  parseTimezone,
  parseTokenHolders,
  type Sender,
} from './config-values.ts';
import { createVariables, type Environment, type Variables } from './config-variables.ts';
import { AppError } from './errors.ts';
import type { LogLevel } from './log.ts';

export interface SlackConfig {
  readonly botToken: string;
  /** Any of these may have signed a request. */
  readonly signingSecrets: readonly string[];
  /** Another Slack API than the real one, without a path. */
  readonly apiUrl?: string;
}

/** How owners are paged over PagerDuty's REST API. */
export interface PagingConfig {
  /** The first is the one to send; the others wait for their turn in a rotation. */
  readonly tokens: readonly string[];
  /** Email address of the PagerDuty user in whose name aire writes. */
  readonly from: string;
  /** Without a path. */
  readonly apiUrl: string;
}

/** Where aire reports its own troubles while Slack can't be told (PagerDuty's Events API v2). */
export interface OwnEventsConfig {
  /** The first is the one to send; the others wait for their turn in a rotation. */
  readonly routingKeys: readonly string[];
  /** Without a path. */
  readonly url: string;
}

export type DatabaseConfig =
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'embedded'; readonly dataDir: string };

/** Everything the environment says (design §7). Directories are absolute; channels have no `#`. */
export interface Config {
  readonly database: DatabaseConfig;
  readonly http: { readonly port: number; readonly host: string; readonly publicUrl?: string };
  /** Absent when `missingSlack` names something. */
  readonly slack?: SlackConfig;
  readonly missingSlack: readonly string[];
  readonly channels: { readonly incidents: string; readonly review: string };
  readonly review: { readonly cron: string };
  readonly timezone: string;
  readonly pagerduty: {
    readonly webhookSecrets: readonly string[];
    /** Absent: nobody is paged. */
    readonly paging?: PagingConfig;
    /** Absent: nobody is paged for aire itself. */
    readonly ownEvents?: OwnEventsConfig;
  };
  /** Who may post signals, with signing secrets. */
  readonly signalSenders: readonly Sender[];
  /** Who may post alerts without signing them, with bearer tokens. */
  readonly alertSenders: readonly Sender[];
  /** With what senders sign by their own schemes; empty: what they sign is refused. */
  readonly webhookSecrets: {
    readonly grafana: readonly string[];
    readonly langfuse: readonly string[];
    readonly langsmith: readonly string[];
    readonly github: readonly string[];
  };
  /** Who may read `/metrics`, with bearer tokens. */
  readonly apiClients: readonly Sender[];
  /** By full variable name, such as `AIRE_SECRET_DEPLOY`; the first value is the one to send. */
  readonly secrets: ReadonlyMap<string, readonly string[]>;
  readonly directories: {
    readonly runbooks: string;
    readonly templates: string;
    readonly golden: string;
    readonly postmortems: string;
  };
  /** Private `host` or `host:port` that outgoing requests may reach. */
  readonly allowHosts: readonly string[];
  /** Requested each minute while the bot is healthy. */
  readonly heartbeatUrl?: string;
  readonly logLevel: LogLevel;
}

const WHERE_SLACK_SECRETS_ARE = {
  SLACK_BOT_TOKEN:
    'copy the Bot User OAuth Token from OAuth & Permissions of the app made from slack-manifest.yaml',
  SLACK_SIGNING_SECRET:
    'copy the Signing Secret from Basic Information of the app made from slack-manifest.yaml',
} as const;

/**
 * The configuration an environment describes.
 *
 * @throws AppError `config_invalid` whose message lists every fault, one a line: `NAME: what is wrong; what to do`.
 */
export function readConfig(env: Environment, readFile: (path: string) => string): Config {
  const variables = createVariables(env, readFile);
  const names = Object.keys(env).filter((name) => env[name]?.trim());
  for (const name of names) {
    const fault = faultOfName(name);
    if (fault !== undefined) variables.fault(name, fault);
  }

  const incidents = variables.value('AIRE_INCIDENTS_CHANNEL', 'incidents', parseChannel);
  const publicUrl = variables.value('AIRE_PUBLIC_URL', undefined, parseBaseUrl);
  const heartbeatUrl = variables.value('AIRE_HEARTBEAT_URL', undefined, parseHttpUrl);
  const config: Config = {
    database: readDatabase(variables),
    http: {
      port: variables.value('PORT', 3000, parsePort),
      host: variables.value('HOST', '0.0.0.0', parseListenHost),
      ...(publicUrl === undefined ? {} : { publicUrl }),
    },
    ...readSlack(variables),
    channels: { incidents, review: variables.value('AIRE_REVIEW_CHANNEL', incidents, parseChannel) },
    review: { cron: variables.value('AIRE_REVIEW_CRON', '0 9 * * 1', parseCron) },
    timezone: variables.value('AIRE_TIMEZONE', 'UTC', parseTimezone),
    pagerduty: {
      webhookSecrets: variables.secret('PAGERDUTY_WEBHOOK_SECRET', [], anySecrets),
      ...readPaging(variables),
      ...readOwnEvents(variables),
    },
    signalSenders: variables.secret('AIRE_SIGNAL_SECRETS', [], parseSignalSenders),
    alertSenders: variables.secret('AIRE_ALERT_TOKENS', [], parseTokenHolders),
    webhookSecrets: {
      grafana: variables.secret('GRAFANA_WEBHOOK_SECRET', [], anySecrets),
      langfuse: variables.secret('LANGFUSE_WEBHOOK_SECRET', [], anySecrets),
      langsmith: variables.secret('LANGSMITH_WEBHOOK_SECRET', [], anySecrets),
      github: variables.secret('GITHUB_WEBHOOK_SECRET', [], anySecrets),
    },
    apiClients: variables.secret('AIRE_API_TOKENS', [], parseTokenHolders),
    secrets: readRunbookSecrets(variables, names),
    directories: {
      runbooks: resolve(variables.text('AIRE_RUNBOOKS_DIR') ?? 'runbooks'),
      templates: resolve(variables.text('AIRE_TEMPLATES_DIR') ?? 'templates'),
      golden: resolve(variables.text('AIRE_GOLDEN_DIR') ?? 'golden-dataset'),
      postmortems: resolve(variables.text('AIRE_POSTMORTEMS_DIR') ?? 'postmortems'),
    },
    allowHosts: variables.value('AIRE_ALLOW_HOSTS', [], parseHosts),
    ...(heartbeatUrl === undefined ? {} : { heartbeatUrl }),
    logLevel: variables.value('AIRE_LOG_LEVEL', 'info', parseLogLevel),
  };
  if (variables.faults.length > 0) throw new AppError('config_invalid', variables.faults.join('\n'));
  return config;
}

/** {@link readConfig} of this process: the only reader of its environment. */
export function loadConfig(): Config {
  return readConfig(process.env, (path) => readFileSync(path, 'utf8'));
}

/**
 * The Slack credentials.
 *
 * @throws AppError `config_invalid` naming every missing variable, one a line.
 */
export function requireSlack(config: Config): SlackConfig {
  if (config.slack !== undefined) return config.slack;
  throw new AppError(
    'config_invalid',
    Object.entries(WHERE_SLACK_SECRETS_ARE)
      .filter(([name]) => config.missingSlack.includes(name))
      .map(([name, where]) => `${name}: is missing; ${where}`)
      .join('\n'),
  );
}

/** Every secret value of the configuration: what must never come out in a log, a message or an error. */
export function secretValues(config: Config): string[] {
  return [
    ...(config.database.kind === 'postgres'
      ? [config.database.url, ...passwordsOf(config.database.url)]
      : []),
    ...(config.slack === undefined ? [] : [config.slack.botToken, ...config.slack.signingSecrets]),
    ...config.pagerduty.webhookSecrets,
    ...(config.pagerduty.paging?.tokens ?? []),
    ...(config.pagerduty.ownEvents?.routingKeys ?? []),
    ...[...config.signalSenders, ...config.alertSenders, ...config.apiClients].flatMap(
      (sender) => sender.secrets,
    ),
    ...Object.values(config.webhookSecrets).flat(),
    ...[...config.secrets.values()].flat(),
    // Whoever has the address can keep a dead bot looking alive.
    ...(config.heartbeatUrl === undefined ? [] : [config.heartbeatUrl]),
  ];
}

function readDatabase(variables: Variables): DatabaseConfig {
  const url = variables.secret('DATABASE_URL', undefined, parseDatabaseUrl);
  const dataDir = variables.text('AIRE_DATA_DIR');
  if (url === undefined) return { kind: 'embedded', dataDir: resolve(dataDir ?? '.aire') };
  if (dataDir !== undefined) {
    variables.fault(
      'AIRE_DATA_DIR',
      'is set, and so is DATABASE_URL; remove AIRE_DATA_DIR to use PostgreSQL, or DATABASE_URL to use the embedded database',
    );
  }
  return { kind: 'postgres', url };
}

function readSlack(variables: Variables): Pick<Config, 'slack' | 'missingSlack'> {
  const [botToken] = variables.secret('SLACK_BOT_TOKEN', [], parseBotTokens);
  const signingSecrets = variables.secret('SLACK_SIGNING_SECRET', [], anySecrets);
  const apiUrl = variables.value('SLACK_API_URL', undefined, parseBaseUrl);
  const missingSlack = [
    ...(botToken === undefined ? ['SLACK_BOT_TOKEN'] : []),
    ...(signingSecrets.length === 0 ? ['SLACK_SIGNING_SECRET'] : []),
  ];
  if (botToken === undefined || missingSlack.length > 0) return { missingSlack };
  return {
    slack: { botToken, signingSecrets, ...(apiUrl === undefined ? {} : { apiUrl }) },
    missingSlack,
  };
}

function readPaging(variables: Variables): Pick<Config['pagerduty'], 'paging'> {
  const before = variables.faults.length;
  const tokens = variables.secret('PAGERDUTY_API_TOKEN', [], parseApiTokens);
  const from = variables.value('PAGERDUTY_FROM', undefined, parseEmail);
  const apiUrl = variables.value('PAGERDUTY_API_URL', 'https://api.pagerduty.com', parseBaseUrl);
  if (tokens.length > 0 && from !== undefined) return { paging: { tokens, from, apiUrl } };
  // One that was given with a fault is not missing.
  if (variables.faults.length > before) return {};
  if (tokens.length > 0) {
    variables.fault(
      'PAGERDUTY_FROM',
      'is missing although PAGERDUTY_API_TOKEN is set; give the email address of the PagerDuty user in whose name aire pages',
    );
  }
  if (from !== undefined) {
    variables.fault(
      'PAGERDUTY_API_TOKEN',
      'is missing although PAGERDUTY_FROM is set; give a REST API key, or remove PAGERDUTY_FROM to page nobody',
    );
  }
  return {};
}

function readOwnEvents(variables: Variables): Pick<Config['pagerduty'], 'ownEvents'> {
  const routingKeys = variables.secret('PAGERDUTY_ROUTING_KEY', [], parseRoutingKeys);
  const url = variables.value('PAGERDUTY_EVENTS_URL', 'https://events.pagerduty.com', parseBaseUrl);
  return routingKeys.length === 0 ? {} : { ownEvents: { routingKeys, url } };
}

function readRunbookSecrets(variables: Variables, names: readonly string[]): Config['secrets'] {
  const secrets = new Map<string, readonly string[]>();
  for (const name of runbookSecretNames(names)) {
    const values = variables.secret(`AIRE_SECRET_${name.slice('AIRE_SECRET_'.length)}`, [], anySecrets);
    if (values.length > 0) secrets.set(name, values);
  }
  return secrets;
}

function anySecrets(text: string): Parsed<string[]> {
  const values = parseList(text);
  return values.length > 0
    ? { value: values }
    : { fault: 'has only commas; give one secret, or several separated by commas' };
}

/** As written and as sent: the two differ where the address percent-encodes. */
function passwordsOf(databaseUrl: string): string[] {
  const { password } = new URL(databaseUrl);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}
