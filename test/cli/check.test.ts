import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/db/database.ts';
import { lockDirectory } from '../../src/adapters/files/directory-lock.ts';
import { BOT_SCOPES } from '../../src/adapters/slack/scopes.ts';
import { type PagerDutyApi, startPagerDutyApi } from '../../src/adapters/stand-ins/pagerduty-api.ts';
import {
  type SlackStandIn,
  type SlackStandInOptions,
  startSlackStandIn,
} from '../../src/adapters/stand-ins/slack/slack-stand-in.ts';
import { areaOf, inTime, lineOf } from '../../src/cli/check/area.ts';
import { checkAll } from '../../src/cli/check.ts';
import { readConfig } from '../../src/config.ts';
import { silentLogger } from '../../src/log.ts';
import { createManualClock } from '../../src/time.ts';
import { openTestPostgres } from '../support/databases.ts';
import { START } from '../support/stage.ts';

let directory: string;
let slack: SlackStandIn;
let pagerduty: PagerDutyApi;
const SCOPES = Object.keys(BOT_SCOPES);

const startSlack = (options: Partial<SlackStandInOptions> = {}) =>
  startSlackStandIn({
    clock: createManualClock(START),
    botToken: 'xoxb-check',
    signingSecret: 's',
    scopes: SCOPES,
    userGroups: [{ id: 'S0ONCALL', handle: 'ml-oncall', name: 'ML on call', users: [] }],
    ...options,
  });
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aire-check-'));
  await mkdir(join(directory, 'runbooks', 'services'), { recursive: true });
  slack = await startSlack();
  pagerduty = await startPagerDutyApi({
    token: 'check-token',
    users: ['aire@example.com'],
    services: ['PSVC1'],
    escalationPolicies: ['PESC1'],
  });
});
afterEach(async () => {
  await Promise.all([slack.close(), pagerduty.close()]);
  await rm(directory, { recursive: true, force: true });
});

const GOOD = `service: translate
tier: 2
owners:
  team: language
  sre: ana@example.com
  ml: U0BEN
  channel: "#general"
  pagerduty_service: PSVC1
  escalation_policy: PESC1
approval: { approvers: [chi@example.com, "@ml-oncall"] }
`;

/** What `aire check` says of this service file, by area, and its faults. */
async function check(
  text: string = GOOD,
  options: { env?: Record<string, string | undefined>; offline?: boolean } = {},
) {
  const runbooks = join(directory, 'runbooks');
  await cp('runbooks/playbook.yaml', join(runbooks, 'playbook.yaml'));
  await writeFile(join(runbooks, 'services', 'translate.yaml'), text);
  const config = readConfig(
    {
      AIRE_RUNBOOKS_DIR: runbooks,
      AIRE_DATA_DIR: options.env?.DATABASE_URL === undefined ? join(directory, 'data') : undefined,
      SLACK_BOT_TOKEN: 'xoxb-check',
      SLACK_SIGNING_SECRET: 's',
      SLACK_API_URL: slack.url,
      PAGERDUTY_API_TOKEN: 'check-token',
      PAGERDUTY_FROM: 'aire@example.com',
      PAGERDUTY_API_URL: pagerduty.url,
      ...options.env,
    },
    () => '',
  );
  const areas = await checkAll(config, options.offline === true);
  return {
    lines: areas.map(lineOf),
    faults: areas.flatMap((area) => area.faults),
    notes: areas.flatMap((area) => area.notes ?? []),
  };
}

describe('aire check', () => {
  it('says in one line each what it found, and changes nothing', async () => {
    const { lines, faults } = await check();
    expect(faults).toEqual([]);
    expect(lines).toEqual([
      '✓ Environment: every variable that is set can be used',
      '✓ Runbooks: translate (tier 2, propose)',
      '✓ Templates: postmortem.md',
      '✓ Slack: workspace aire-demo, 6 names found',
      '✓ PagerDuty: pages as aire@example.com, 2 of its services and policies found',
      `✓ Database: embedded in ${join(directory, 'data')}, made at the first start`,
    ]);
    expect(slack.unexpectedCalls()).toEqual([]);
    expect(slack.calls().filter(({ method }) => !/list|info|test|lookup/i.test(method))).toEqual([]);
    expect(pagerduty.requests().filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(await readdir(directory)).toEqual(['runbooks']);
  });

  it('notes triggers that can never be evaluated; that is no fault', async () => {
    const { faults, notes } = await check(GOOD, { offline: true });
    expect(faults).toEqual([]);
    expect(notes).toEqual([
      '  translate: "retrieval" can\'t be evaluated, there is no SLO for retrieval_precision; add it under slos',
      '  translate: "slo_burn" can\'t be evaluated, no SLO of a rate is of dimension performance',
      '  translate: "freshness" can\'t be evaluated, there is no SLO for data_freshness; add it under slos',
    ]);
    const slos = `slos:
  retrieval_precision: { dimension: cognitive_accuracy, at_least: 80% }
  availability: { dimension: performance, at_least: 99.9% }
  data_freshness: { dimension: performance, at_most: 30m }
`;
    expect((await check(GOOD + slos, { offline: true })).notes).toEqual([]);
  });

  it('names every fault of every area at once, those of files with line and column', async () => {
    await slack.close();
    slack = await startSlack({
      scopes: SCOPES.filter((scope) => scope !== 'pins:write'),
      channels: [{ name: 'general' }, { name: 'incidents', isPrivate: true }],
    });
    const text = `service: translate
tier: 5
owners: { team: language }
`;
    await writeFile(join(directory, 'runbooks', 'services', 'other.yaml'), text);
    const { lines, faults } = await check(`service: translate
tier: 2
owners:
  team: language
  sre: anna@example.com
  ml: U0NOBODY1
  product: "@product"
  security: Ben
  channel: "#language"
  pagerduty_service: PSVC9
  escalation_policy: PESC9
approval: { approvers: [chi@example.com, "@nobody"] }
`);
    const at = (place: string) => `services/translate.yaml:${place}`;
    expect(faults).toEqual([
      'services/other.yaml:2:1 tier: write 0, 1, 2 or 3 (0 and 1 are customer-facing)',
      'SLACK_BOT_TOKEN: the scope pins:write is missing (pinning the card); add it under OAuth & Permissions and reinstall the app',
      'AIRE_INCIDENTS_CHANNEL: there is no channel incidents that aire can see; make it, or /invite @aire if it is private',
      at('5:3 owners.sre: nobody in this Slack workspace has the e-mail address anna@example.com'),
      at('6:3 owners.ml: nobody in this Slack workspace has the id U0NOBODY1'),
      at('7:3 owners.product: aire invites people, not user groups; write an e-mail address instead'),
      at(
        '8:3 owners.security: "Ben" is nobody aire can find; write an e-mail address or a Slack id such as U0123ABCD',
      ),
      at(
        '9:3 owners.channel: there is no channel language that aire can see; make it, or /invite @aire if it is private',
      ),
      at(
        '12:42 approval.approvers.1: there is no user group @nobody in this Slack workspace; write its handle',
      ),
      at(
        '10:3 owners.pagerduty_service: PagerDuty has no service PSVC9 that this key can see; copy the id from the end of its address',
      ),
      at(
        '11:3 owners.escalation_policy: PagerDuty has no escalation policy PESC9 that this key can see; copy the id from the end of its address',
      ),
    ]);
    expect(lines.filter((line) => line.startsWith('✗'))).toEqual([
      '✗ Runbooks: 1 fault',
      '✗ Slack: 8 faults',
      '✗ PagerDuty: 2 faults',
    ]);
  });

  it('tells a token that Slack refuses, a key that PagerDuty refuses and a sender PagerDuty does not know', async () => {
    const refused = await check(GOOD, {
      env: { SLACK_BOT_TOKEN: 'xoxb-other', PAGERDUTY_API_TOKEN: 'other-token' },
    });
    expect(refused.faults).toEqual([
      'SLACK_BOT_TOKEN: Slack does not accept it (invalid_auth); copy it again from OAuth & Permissions',
      'PAGERDUTY_API_TOKEN: PagerDuty does not accept it (401); make a key under Integrations, API Access Keys, and check PAGERDUTY_API_URL',
    ]);
    expect((await check(GOOD, { env: { PAGERDUTY_FROM: 'ana@example.com' } })).faults).toEqual([
      'PAGERDUTY_FROM: no user of this PagerDuty account has the e-mail address ana@example.com; give that of one',
    ]);
  });

  it('what does not answer is said and is no fault', async () => {
    slack.down(true);
    pagerduty.misbehave('html_502', 1, 'GET');
    const { lines, faults } = await check(GOOD, {
      env: { DATABASE_URL: 'postgres://aire:hunter2@127.0.0.1:1/aire' },
    });
    expect(faults).toEqual([]);
    expect(lines.slice(3)).toEqual([
      '– Slack: could not be checked: Slack answered 503',
      '– PagerDuty: could not be checked: PagerDuty answered 502 without JSON.',
      expect.stringMatching(/^– Database: could not be checked: .*ECONNREFUSED/),
    ]);
    slack.down(false);
    slack.misbehave('users.lookupByEmail', 'error', 2);
    expect((await check()).lines[3]).toBe(
      '– Slack: workspace aire-demo; some names could not be checked: Slack answered 500',
    );
  });

  it('asks nobody when told --offline, and says what it left out', async () => {
    const { lines } = await check(GOOD, { offline: true });
    expect(lines.slice(3)).toEqual([
      '– Slack: not checked: --offline',
      '– PagerDuty: not checked: --offline',
      '– Database: not checked: --offline',
    ]);
    expect([slack.calls(), pagerduty.requests()]).toEqual([[], []]);
  });

  it('says what is off', async () => {
    const env = { SLACK_BOT_TOKEN: '', PAGERDUTY_API_TOKEN: '', PAGERDUTY_FROM: '' };
    const { lines } = await check(GOOD, { env });
    expect(lines.slice(3, 5)).toEqual([
      '– Slack: not checked: set SLACK_BOT_TOKEN, which aire start needs too',
      '– PagerDuty: not checked: PAGERDUTY_API_TOKEN and PAGERDUTY_FROM are not set, so nobody is paged',
    ]);
  });

  it('ends although something hangs', async () => {
    const area = await inTime('Slack', new Promise(() => {}), 1);
    expect(lineOf(area)).toBe('– Slack: could not be checked: no end after 0.001 s');
    expect(await inTime('Slack', Promise.resolve(areaOf('Slack', 'fine')), 1)).toMatchObject({
      said: 'fine',
    });
  });
});

describe('aire check on the embedded database', () => {
  it('opens one that is there, and leaves one alone that a bot has', async () => {
    const dataDir = join(directory, 'data');
    const last = async () => (await check()).lines.at(-1);
    const made = await openDatabase({ kind: 'embedded', dataDir }, silentLogger);
    await made.close();
    expect(await last()).toBe(`✓ Database: embedded in ${dataDir}, up to date`);
    const lock = await lockDirectory(dataDir);
    try {
      expect(await last()).toMatch(/^– Database: not checked: .* is in use by another aire/);
    } finally {
      await lock.release();
    }
    // A whole database is made on disk, and opened again.
  }, 120_000);
});

describe('aire check on PostgreSQL', () => {
  it('tells what is pending, applies nothing, and refuses a schema of a newer aire', async () => {
    const { database, url, close } = await openTestPostgres();
    const last = async () => (await check(GOOD, { env: { DATABASE_URL: url } })).lines.at(-1);
    try {
      expect(await last()).toBe('✓ Database: PostgreSQL, up to date');
      await database.orm.execute(sql`update drizzle.__drizzle_migrations set created_at = 1`);
      expect(await last()).toMatch(/^✓ Database: PostgreSQL, the next start applies \d+ migration/);
      expect(await last()).toMatch(/applies/);
      await database.orm.execute(sql`update drizzle.__drizzle_migrations set created_at = 9999999999999`);
      const { faults } = await check(GOOD, { env: { DATABASE_URL: url } });
      expect(faults).toEqual([expect.stringMatching(/^The database was migrated by a newer aire/)]);
    } finally {
      await close();
    }
  });

  it('a database that is not there is a fault, told without the password', async () => {
    const { url, close } = await openTestPostgres();
    try {
      const wrong = new URL(url);
      wrong.pathname = '/no_such_database';
      wrong.password ||= 'unused-password';
      const { faults } = await check(GOOD, { env: { DATABASE_URL: wrong.href } });
      expect(faults).toEqual([
        'The database refuses: database "no_such_database" does not exist. Check DATABASE_URL.',
      ]);
    } finally {
      await close();
    }
  });
});
