import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSignalsSender } from '../../src/adapters/stand-ins/signals-sender.ts';
import { type SlackStandIn, startSlackStandIn } from '../../src/adapters/stand-ins/slack/slack-stand-in.ts';
import { type App, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { silentLogger } from '../../src/log.ts';
import { createManualClock } from '../../src/time.ts';
import { openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { ANA, START } from '../support/stage.ts';

const secretOf = (word: string): string =>
  `whsec_${Buffer.from(word.repeat(32)).subarray(0, 32).toString('base64')}`;
const [OLD, NEW, OTHERS, RETIRED] = ['old', 'new', 'others', 'retired'].map(secretOf);

let app: App;
let test: TestDatabase;
let scratch: string;
const workspaces: SlackStandIn[] = [];

/** A Slack that signs with its own secret and sends to the bot. */
async function slackSigningWith(signingSecret: string): Promise<SlackStandIn> {
  const slack = await startSlackStandIn({
    clock: createManualClock(START),
    botToken: 'xoxb-rotation',
    signingSecret,
  });
  workspaces.push(slack);
  return slack;
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'aire-rotation-'));
  test = await openTestDatabase('pglite');
  const slack = await slackSigningWith('old');
  const config = readConfig(
    {
      PORT: '0',
      HOST: '127.0.0.1',
      SLACK_BOT_TOKEN: 'xoxb-rotation',
      SLACK_SIGNING_SECRET: 'new,old',
      SLACK_API_URL: slack.url,
      AIRE_PUBLIC_URL: 'https://aire.example.com',
      AIRE_SIGNAL_SECRETS: `evals=${OLD},evals=${NEW},billing=${OTHERS}`,
      AIRE_SECRET_DEPLOY: 'token',
      AIRE_SECRET_DEPLOY_SIGNING: OLD,
      AIRE_RUNBOOKS_DIR: 'runbooks',
      AIRE_GOLDEN_DIR: join(scratch, 'golden'),
      AIRE_POSTMORTEMS_DIR: join(scratch, 'postmortems'),
    },
    () => '',
  );
  app = await startApp({
    config,
    log: silentLogger,
    clock: createManualClock(START),
    database: test.database,
  });
});
afterAll(async () => {
  await app.stop();
  await test.close();
  for (const each of workspaces) await each.close();
  await rm(scratch, { recursive: true, force: true });
});

describe('while secrets rotate', () => {
  it.each([
    ['new', 200],
    ['old', 200],
    ['retired', 401],
  ])('a Slack request signed with the %s secret is answered %i', async (secret, status) => {
    const slack = await slackSigningWith(secret);
    slack.connect(app.url);
    expect((await slack.as(ANA).command('help')).status).toBe(status);
  });

  it.each([
    ['old', OLD, 202],
    ['new', NEW, 202],
    ['retired', RETIRED, 401],
  ])('a signal signed with the %s secret is answered %i', async (_which, secret, status) => {
    const sender = createSignalsSender({ url: app.url, secret: secret ?? '' });
    expect((await sender.send([])).status).toBe(status);
  });

  it('the same delivery under the new secret is the same delivery, but not that of another sender', async () => {
    const send = (secret: string | undefined) =>
      createSignalsSender({ url: app.url, secret: secret ?? '' }).send([], { webhookId: 'msg_1' });
    expect((await send(OLD)).status).toBe(202);
    expect((await send(NEW)).status).toBe(200);
    expect((await send(OTHERS)).status).toBe(202);
  });
});
