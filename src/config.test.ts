import { resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type Config, loadConfig, readConfig, requireSlack, secretValues } from './config.ts';
import { AppError, isAppError } from './errors.ts';

const WHSEC = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const WHSEC_NEXT = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;
const TOKEN = 'a1b2c3d4e5f60718';
const TOKEN_NEXT = 'Zm9vYmFy+/Zm9vYmFyAA==';
const SLACK = { SLACK_BOT_TOKEN: 'xoxb-1-2-abc', SLACK_SIGNING_SECRET: '8f742231' };

const read = (env: Record<string, string | undefined>, files: Record<string, string> = {}): Config =>
  readConfig(env, (path) => {
    const text = files[path];
    if (text === undefined) throw new Error('ENOENT: no such file');
    return text;
  });

function faultsOf(env: Record<string, string | undefined>, files?: Record<string, string>): string[] {
  try {
    read(env, files);
  } catch (error) {
    if (isAppError(error, 'config_invalid')) return error.message.split('\n');
    throw error;
  }
  return [];
}

test('an empty environment gives the documented defaults', () => {
  expect(read({ PATH: '/bin', AIRE_TIMEZONE: '', PORT: ' ' })).toEqual({
    database: { kind: 'embedded', dataDir: resolve('.aire') },
    http: { port: 3000, host: '0.0.0.0' },
    missingSlack: ['SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET'],
    channels: { incidents: 'incidents', review: 'incidents' },
    review: { cron: '0 9 * * 1' },
    timezone: 'UTC',
    pagerduty: { webhookSecrets: [] },
    signalSenders: [],
    alertSenders: [],
    webhookSecrets: { grafana: [], langfuse: [], langsmith: [], github: [] },
    apiClients: [],
    secrets: new Map(),
    directories: {
      runbooks: resolve('runbooks'),
      templates: resolve('templates'),
      golden: resolve('golden-dataset'),
      postmortems: resolve('postmortems'),
    },
    allowHosts: [],
    logLevel: 'info',
  });
});

test('reads every variable', () => {
  const config = read({
    ...SLACK,
    DATABASE_URL: 'postgres://aire:p%40ss@db:5432/aire',
    PORT: '8080',
    HOST: '127.0.0.1',
    AIRE_PUBLIC_URL: 'https://aire.example.com/',
    SLACK_API_URL: 'http://127.0.0.1:4000',
    AIRE_INCIDENTS_CHANNEL: '#ai-incidents',
    AIRE_REVIEW_CHANNEL: 'C0123456789',
    AIRE_REVIEW_CRON: '30 8 * * 2',
    AIRE_TIMEZONE: 'Europe/Berlin',
    PAGERDUTY_WEBHOOK_SECRET: 'old-one, new-one',
    AIRE_SIGNAL_SECRETS: `evals=${WHSEC},evals=${WHSEC_NEXT}`,
    AIRE_ALERT_TOKENS: `alertmanager=${TOKEN}, alertmanager=${TOKEN_NEXT}`,
    GRAFANA_WEBHOOK_SECRET: 'grafana-new, grafana-old',
    LANGFUSE_WEBHOOK_SECRET: 'lf-whsec_1',
    LANGSMITH_WEBHOOK_SECRET: 'langsmith',
    GITHUB_WEBHOOK_SECRET: 'github',
    AIRE_API_TOKENS: `prometheus=${TOKEN}`,
    AIRE_HEARTBEAT_URL: 'https://hc.example.com/ping/abc',
    AIRE_SECRET_DEPLOY: 'd1',
    AIRE_RUNBOOKS_DIR: 'books',
    AIRE_TEMPLATES_DIR: '/etc/aire/templates',
    AIRE_GOLDEN_DIR: '../golden',
    AIRE_POSTMORTEMS_DIR: 'pm',
    AIRE_ALLOW_HOSTS: 'Deploy.internal, 127.0.0.1:8080,::1',
    AIRE_LOG_LEVEL: 'debug',
  });
  expect(config).toEqual({
    database: { kind: 'postgres', url: 'postgres://aire:p%40ss@db:5432/aire' },
    http: { port: 8080, host: '127.0.0.1', publicUrl: 'https://aire.example.com' },
    slack: { botToken: 'xoxb-1-2-abc', signingSecrets: ['8f742231'], apiUrl: 'http://127.0.0.1:4000' },
    missingSlack: [],
    channels: { incidents: 'ai-incidents', review: 'C0123456789' },
    review: { cron: '30 8 * * 2' },
    timezone: 'Europe/Berlin',
    pagerduty: { webhookSecrets: ['old-one', 'new-one'] },
    signalSenders: [{ name: 'evals', secrets: [WHSEC, WHSEC_NEXT] }],
    alertSenders: [{ name: 'alertmanager', secrets: [TOKEN, TOKEN_NEXT] }],
    webhookSecrets: {
      grafana: ['grafana-new', 'grafana-old'],
      langfuse: ['lf-whsec_1'],
      langsmith: ['langsmith'],
      github: ['github'],
    },
    apiClients: [{ name: 'prometheus', secrets: [TOKEN] }],
    heartbeatUrl: 'https://hc.example.com/ping/abc',
    secrets: new Map([['AIRE_SECRET_DEPLOY', ['d1']]]),
    directories: {
      runbooks: resolve('books'),
      templates: '/etc/aire/templates',
      golden: resolve('../golden'),
      postmortems: resolve('pm'),
    },
    allowHosts: ['deploy.internal', '127.0.0.1:8080', '[::1]'],
    logLevel: 'debug',
  });
});

test('names every fault at once, one a line, with what to do', () => {
  const faults = faultsOf({
    PORT: '80a',
    HOST: 'http://x',
    AIRE_PUBLIC_URL: 'https://aire.example.com/slack',
    SLACK_API_URL: 'slack.com',
    AIRE_INCIDENTS_CHANNEL: 'My Channel',
    AIRE_REVIEW_CRON: 'every monday',
    AIRE_TIMEZONE: 'Mars/Olympus',
    AIRE_ALLOW_HOSTS: 'https://deploy.internal/x',
    AIRE_LOG_LEVEL: 'loud',
    DATABASE_URL: 'mysql://u:hunter2@db/x',
    SLACK_BOT_TOKEN: 'xoxp-hunter2',
    AIRE_TIMEZON: 'UTC',
  });
  expect(faults.map((line) => line.split(':')[0]).sort()).toEqual([
    'AIRE_ALLOW_HOSTS',
    'AIRE_INCIDENTS_CHANNEL',
    'AIRE_LOG_LEVEL',
    'AIRE_PUBLIC_URL',
    'AIRE_REVIEW_CRON',
    'AIRE_TIMEZON',
    'AIRE_TIMEZONE',
    'DATABASE_URL',
    'HOST',
    'PORT',
    'SLACK_API_URL',
    'SLACK_BOT_TOKEN',
  ]);
  for (const line of faults) expect(line).toMatch(/^[A-Z_]+: .+; .+/);
  expect(faults.join()).not.toContain('hunter2');
  expect(faults).toContain('PORT: `80a` is not a port; give a whole number from 0 to 65535');
});

test.each([
  ['AIRE_RUNBOOK_DIR', 'did you mean AIRE_RUNBOOKS_DIR?'],
  ['AIRE_LOGLEVEL', 'did you mean AIRE_LOG_LEVEL?'],
  ['AIRE_SIGNALS_SECRET_FILE', 'did you mean AIRE_SIGNAL_SECRETS_FILE?'],
  ['AIRE_SOMETHING_ELSE', 'remove it'],
  ['AIRE_SECRET_deploy', 'in capitals'],
])('an unknown %s says: %s', (name, advice) => {
  const faults = faultsOf({ [name]: 'v4lue-of-it' });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(advice);
  expect(faults[0]).not.toContain('v4lue');
});

test('variables of other programs, and unknown ones that are empty, are left alone', () => {
  expect(faultsOf({ AIREX: '1', PAGERDUTY_OTHER: '1', AIRE_NONSENSE: '' })).toEqual([]);
});

test('DATABASE_URL together with AIRE_DATA_DIR is a contradiction; each alone is none', () => {
  const url = 'postgres://aire:hunter2@db/aire';
  expect(faultsOf({ DATABASE_URL: url, AIRE_DATA_DIR: '.x' })[0]).toMatch(/^AIRE_DATA_DIR: .*DATABASE_URL/);
  expect(faultsOf({ DATABASE_URL: url })).toEqual([]);
  expect(faultsOf({ AIRE_DATA_DIR: '.x' })).toEqual([]);
});

test('secrets may come from files, as lists, without the newline at the end', () => {
  const config = read(
    {
      SLACK_BOT_TOKEN_FILE: '/run/token',
      SLACK_SIGNING_SECRET: 's1',
      AIRE_SECRET_DEPLOY_FILE: '/run/deploy',
    },
    { '/run/token': 'xoxb-new,xoxb-old\n', '/run/deploy': 'k1, k2\n' },
  );
  expect(requireSlack(config).botToken).toBe('xoxb-new');
  expect(config.secrets).toEqual(new Map([['AIRE_SECRET_DEPLOY', ['k1', 'k2']]]));
});

test('a secret given twice, an unreadable file and an empty file are faults that name the path', () => {
  const faults = faultsOf(
    {
      AIRE_SECRET_A: 'hunter2',
      AIRE_SECRET_A_FILE: '/run/a',
      AIRE_SECRET_B_FILE: '/run/missing',
      AIRE_SECRET_C_FILE: '/run/empty',
      PAGERDUTY_WEBHOOK_SECRET: ',',
    },
    { '/run/a': 'hunter2', '/run/empty': ' \n' },
  );
  expect(faults).toEqual([
    'PAGERDUTY_WEBHOOK_SECRET: has only commas; give one secret, or several separated by commas',
    'AIRE_SECRET_A: is set, and so is AIRE_SECRET_A_FILE; remove one of them',
    expect.stringContaining('AIRE_SECRET_B_FILE: cannot read /run/missing (ENOENT'),
    expect.stringContaining('AIRE_SECRET_C_FILE: the file /run/empty is empty'),
  ]);
});

test.each([
  ['no name', WHSEC, 'entry 1 has no sender name'],
  ['a secret that is not base64', 'ci=whsec_%%%%', 'the secret of entry 1 is not whsec_'],
  ['a secret without its prefix', `ci=${WHSEC.slice(6)}`, 'the secret of entry 1 is not whsec_'],
  ['a secret that is too short', 'ci=whsec_AAAA', '24 to 64 bytes'],
  ['the same sender and secret twice', `ci=${WHSEC},ci=${WHSEC}`, 'ci is there twice'],
  ['two senders with one secret', `ci=${WHSEC},eval=${WHSEC}`, 'ci and eval have the same secret'],
])('signal senders with %s are refused without showing the secret', (_what, text, message) => {
  const faults = faultsOf({ AIRE_SIGNAL_SECRETS: text });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(message);
  expect(faults[0]).not.toContain(WHSEC.slice(6));
});

test.each([
  ['no name', TOKEN, 'entry 1 has no sender name'],
  ['no name, in base64', TOKEN_NEXT, 'entry 1 has no sender name'],
  ['a short token', `a=${TOKEN.slice(0, 15)}`, 'the token of entry 1 is not 16 or more letters'],
  ['a token that no header can carry', `a=${TOKEN}é`, 'make one with: openssl rand -hex 32'],
  ['the same token twice', `a=${TOKEN},a=${TOKEN}`, 'a is there twice with the same token'],
  ['two senders with one token', `a=${TOKEN},b=${TOKEN}`, 'a and b have the same token'],
])('alert senders with %s are refused without showing the token', (_what, text, message) => {
  const faults = faultsOf({ AIRE_ALERT_TOKENS: text });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(message);
  expect(faults[0]).not.toContain(TOKEN.slice(0, 15));
  expect(faults[0]).not.toContain(TOKEN_NEXT.slice(0, 8));
});

test('API tokens rotate, may come from a file, and are held to the same rules', () => {
  const config = read(
    { AIRE_API_TOKENS_FILE: '/run/tokens' },
    { '/run/tokens': `prometheus=${TOKEN},prometheus=${TOKEN_NEXT}\n` },
  );
  expect(config.apiClients).toEqual([{ name: 'prometheus', secrets: [TOKEN, TOKEN_NEXT] }]);
  expect(secretValues(config)).toEqual(expect.arrayContaining([TOKEN, TOKEN_NEXT]));
  const faults = faultsOf({ AIRE_API_TOKENS: `prometheus=${TOKEN.slice(0, 8)}` });
  expect(faults[0]).toMatch(/^AIRE_API_TOKENS: the token of entry 1 is not 16/);
  expect(faults.join()).not.toContain(TOKEN.slice(0, 8));
});

test.each(['hc.example.com/k3y', 'ftp://hc.example.com/k3y', 'https://u:k3y@hc.example.com'])(
  'the heartbeat address %s is refused without repeating it',
  (address) => {
    const faults = faultsOf({ AIRE_HEARTBEAT_URL: address });
    expect(faults[0]).toMatch(/^AIRE_HEARTBEAT_URL: .+; .+/);
    expect(faults.join()).not.toContain('k3y');
  },
);

test('the heartbeat address is kept out of logs', () => {
  expect(secretValues(read({ AIRE_HEARTBEAT_URL: 'https://hc.example.com/k3y' }))).toContain(
    'https://hc.example.com/k3y',
  );
});

test('alert tokens may come from a file', () => {
  const config = read({ AIRE_ALERT_TOKENS_FILE: '/run/tokens' }, { '/run/tokens': `am=${TOKEN}\n` });
  expect(config.alertSenders).toEqual([{ name: 'am', secrets: [TOKEN] }]);
});

test('requireSlack names everything that is missing at once, and only that', () => {
  expect(requireSlack(read(SLACK))).toEqual({ botToken: 'xoxb-1-2-abc', signingSecrets: ['8f742231'] });
  const messageFor = (env: Record<string, string>) => {
    try {
      requireSlack(read(env));
    } catch (error) {
      return error instanceof AppError ? error.message : undefined;
    }
    return undefined;
  };
  expect(messageFor({})).toMatch(/^SLACK_BOT_TOKEN: is missing; .*\nSLACK_SIGNING_SECRET: is missing; .*$/);
  expect(messageFor({ SLACK_BOT_TOKEN: 'xoxb-1' })).toMatch(/^SLACK_SIGNING_SECRET: is missing; .*$/);
});

test('secretValues knows every secret, the password of the database too', () => {
  const config = read({
    ...SLACK,
    DATABASE_URL: 'postgres://aire:p%40ss@db/aire',
    PAGERDUTY_WEBHOOK_SECRET: 'pd',
    AIRE_SIGNAL_SECRETS: `ci=${WHSEC}`,
    AIRE_ALERT_TOKENS: `am=${TOKEN},am=${TOKEN_NEXT}`,
    AIRE_SECRET_DEPLOY: 'd1,d2',
  });
  expect(secretValues(config)).toEqual(
    expect.arrayContaining([
      'p%40ss',
      'p@ss',
      'xoxb-1-2-abc',
      '8f742231',
      'pd',
      WHSEC,
      TOKEN,
      TOKEN_NEXT,
      'd1',
      'd2',
    ]),
  );
});

test('loadConfig reads the environment of this process', () => {
  vi.stubEnv('PORT', '4321');
  expect(loadConfig().http.port).toBe(4321);
  vi.stubEnv('PORT', 'x');
  expect(() => loadConfig()).toThrow('PORT: ');
  vi.unstubAllEnvs();
});
