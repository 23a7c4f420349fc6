import { afterEach, describe, expect, inject, it } from 'vitest';
import { createScratchDatabase } from '../support/postgres-server.ts';
import { type BotProcess, createBotProcess, eventually } from './bot-process.ts';
import { approve, requestRollback } from './rollback.ts';

const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function startBot(honoursKey: boolean): Promise<BotProcess> {
  const scratch = await createScratchDatabase(inject('postgresUrl'));
  cleanUp.push(() => scratch.drop());
  const bot = await createBotProcess({ databaseUrl: scratch.url, honoursKey });
  cleanUp.push(() => bot.close());
  await bot.start();
  return bot;
}

/** The target acts and does not answer; the bot is killed there, and its successor sends again. */
async function killAfterTheEffect(honoursKey: boolean): Promise<BotProcess> {
  const bot = await startBot(honoursKey);
  const channel = await requestRollback(bot);
  bot.target.misbehave('hang_after_effect', 1);
  await approve(bot, channel);
  await eventually('the target acted', () => bot.target.effects().length === 1);
  await bot.kill();
  await bot.start();
  await eventually('the rollback was sent again', () => bot.target.requests().length === 2);
  return bot;
}

/** Long enough for a second effect to show, had there been one. */
const linger = () => new Promise((resolve) => setTimeout(resolve, 2000));

describe('kill -9 between approval and rollback', () => {
  it('loses no approval and rolls back exactly once, when killed as soon as the approval was acknowledged', async () => {
    const bot = await startBot(true);
    const channel = await requestRollback(bot);
    await approve(bot, channel);
    await bot.kill();
    await bot.start();
    await eventually('the rollback happened', () => bot.target.effects().length > 0);
    await linger();
    expect(bot.target.effects()).toHaveLength(1);
  }, 120_000);

  it('rolls back exactly once, when killed after the effect and before its answer', async () => {
    const bot = await killAfterTheEffect(true);
    await linger();
    expect(new Set(bot.target.requests().map((request) => request.key)).size).toBe(1);
    expect(bot.target.effects()).toHaveLength(1);
  }, 120_000);

  it('control: a target that ignores the key shows the second effect', async () => {
    const bot = await killAfterTheEffect(false);
    expect(bot.target.effects()).toHaveLength(2);
  }, 120_000);
});
