import { afterEach, expect, inject, it } from 'vitest';
import { clickButton } from '../../src/cli/demo/hands.ts';
import { copyDatabase, createScratchDatabase } from '../support/postgres-server.ts';
import { type BotProcess, createBotProcess, eventually } from './bot-process.ts';
import { approve, requestRollback } from './rollback.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function scratchDatabase(): Promise<string> {
  const scratch = await createScratchDatabase(inject('postgresUrl'));
  cleanUp.push(() => scratch.drop());
  return scratch.url;
}

/** A bot that was stopped after a rollback was approved, while the target took nothing. */
async function stoppedBeforeSending(databaseUrl: string): Promise<BotProcess> {
  const bot = await createBotProcess({ databaseUrl, honoursKey: false });
  cleanUp.push(() => bot.close());
  await bot.start();
  const channel = await requestRollback(bot);
  bot.target.misbehave('limit_429', 100);
  await approve(bot, channel);
  await eventually('the target was asked', () => bot.target.requests().length > 0);
  await bot.terminate();
  expect(bot.target.effects()).toEqual([]);
  bot.target.behave();
  return bot;
}

const linger = () => new Promise((resolve) => setTimeout(resolve, 3000));

it('a restored database sends nothing before a person releases it, then once', async () => {
  const [home, copy] = [await scratchDatabase(), await scratchDatabase()];
  const bot = await stoppedBeforeSending(home);
  await copyDatabase(home, copy);
  await bot.start(copy);
  const message = () => bot.slack.message('incidents', (m) => m.text.includes('restored or moved'));
  await eventually('the incidents channel is told', () =>
    bot.slack.render(message()).includes('Roll back the model'),
  );
  await linger();
  expect(bot.target.effects()).toEqual([]);
  const hands = { slack: bot.slack, app: { settle: async () => {} } };
  await clickButton(hands, 'U0ANA', 'incidents', 'Release mitigations');
  await eventually('it was sent', () => bot.target.effects().length > 0);
  await eventually('the message says who', () => /Released by @ana/.test(bot.slack.render(message())));
  await linger();
  expect(bot.target.effects()).toHaveLength(1);
}, 120_000);

it('control: on the database where it was, it is sent at once', async () => {
  const bot = await stoppedBeforeSending(await scratchDatabase());
  await bot.start();
  await eventually('it was sent', () => bot.target.effects().length > 0);
  expect(bot.target.effects()).toHaveLength(1);
}, 120_000);
