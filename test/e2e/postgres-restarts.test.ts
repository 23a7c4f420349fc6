import { afterEach, describe, expect, it } from 'vitest';
import { clickButton, latest } from '../../src/cli/demo/hands.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../support/embedded-postgres.ts';
import { type BotProcess, createBotProcess, eventually } from './bot-process.ts';
import { type Ingest, pinnedBaseline, seededChance, startIngest, wait } from './ingest.ts';
import { expectNothingLostNothingTwice, storedDeliveries, untilAtRest } from './what-is-kept.ts';

const ANA = 'U0ANA';
const CHANNEL = 'inc-1-support-agent';
const DURABLE = {};
/** Acknowledges what is only in the memory of PostgreSQL, and writes it as late as that can be set. */
const CARELESS = { synchronous_commit: 'off', wal_writer_delay: '10s' };
const AWAY = 'The database of aire is away, so this could not be done. Try again in a minute.';
const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function startBoth(
  settings: Readonly<Record<string, string>>,
): Promise<{ server: EmbeddedPostgres; bot: BotProcess }> {
  const server = await startEmbeddedPostgres(settings);
  cleanUp.push(() => server.stop());
  const bot = await createBotProcess({ databaseUrl: server.url, edit: pinnedBaseline });
  cleanUp.push(() => bot.close());
  await bot.start();
  return { server, bot };
}

function ingestInto(bot: BotProcess): Ingest {
  const ingest = startIngest(bot.signals);
  cleanUp.push(() => ingest.abandon());
  return ingest;
}

const statusOf = async (bot: BotProcess, path: string): Promise<number> =>
  (await fetch(bot.url + path)).status;
const isReady = (bot: BotProcess) => async (): Promise<boolean> => (await statusOf(bot, '/readyz')) === 200;

describe('PostgreSQL crashes and comes back', () => {
  it('while deliveries come in: 503 meanwhile, nothing acknowledged is lost, nothing happens twice', async () => {
    const chance = seededChance();
    const { server, bot } = await startBoth(DURABLE);
    const ingest = ingestInto(bot);
    for (let crash = 0; crash < 3; crash++) {
      await wait(100 + 900 * chance());
      await server.crash();
      await wait(300);
      await server.restart();
      await eventually('the bot is ready again', isReady(bot));
    }
    await ingest.finish();
    // Never anything else: 202 stored, 200 stored before its answer was lost, 503 not stored.
    expect(Object.keys(ingest.answers()).sort()).toEqual(expect.arrayContaining(['202', '503']));
    expect(['200', '202', '503']).toEqual(expect.arrayContaining(Object.keys(ingest.answers())));
    await expectNothingLostNothingTwice(server.url, bot, ingest);
  }, 180_000);

  it('while nothing happens: the bot lives, says that it is not ready, tells people, and goes on by itself', async () => {
    const { server, bot } = await startBoth(DURABLE);
    const ingest = ingestInto(bot);
    await eventually(
      'an incident has its card',
      () => latest(bot.slack, CHANNEL, 'Take command') !== undefined,
    );
    await ingest.finish();
    await untilAtRest(server.url);
    const scene = { slack: bot.slack, app: { settle: async () => {} } };
    await server.crash();
    expect([await statusOf(bot, '/healthz'), await statusOf(bot, '/readyz')]).toEqual([200, 503]);

    await bot.slack.as(ANA).command('incident list', { channel: 'general' });
    expect(bot.slack.ephemerals().map((each) => each.text)).toEqual([AWAY]);
    await clickButton(scene, ANA, CHANNEL, 'Take command');
    expect(bot.slack.ephemerals().map((each) => [each.user, each.text])).toEqual([
      [ANA, AWAY],
      [ANA, AWAY],
    ]);

    await server.restart();
    await eventually('the bot is ready again', isReady(bot));
    await clickButton(scene, ANA, CHANNEL, 'Take command');
    await eventually('the click is shown', () => latest(bot.slack, CHANNEL, 'Command: @ana') !== undefined);
  }, 120_000);

  it('control: where PostgreSQL acknowledges before it writes, acknowledged deliveries are missed', async () => {
    const { server, bot } = await startBoth(CARELESS);
    let lost = 0;
    for (let round = 0; round < 5 && lost === 0; round++) {
      const ingest = ingestInto(bot);
      await eventually('some are acknowledged', () => ingest.acknowledged().length > 20);
      await server.crash();
      const promised = ingest.acknowledged();
      await ingest.abandon();
      await server.restart();
      const stored = new Set(await storedDeliveries(server.url));
      lost = promised.filter((id) => !stored.has(id)).length;
      await eventually('the bot is ready again', isReady(bot));
    }
    expect(lost).toBeGreaterThan(0);
  }, 120_000);
});
