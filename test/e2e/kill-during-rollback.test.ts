import { afterEach, describe, expect, inject, it } from 'vitest';
import { clickButton, pickOption, submitForm } from '../../src/cli/demo/hands.ts';
import { evalRun, healthyWeek } from '../../src/cli/demo/history.ts';
import { createScratchDatabase } from '../support/postgres-server.ts';
import { type BotProcess, createBotProcess, eventually } from './bot-process.ts';

const ANA = 'U0ANA';
const BEN = 'U0BEN';
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

/** An incident with a rollback that Ana asked for and nobody has approved yet; returns its channel. */
async function requestRollback({ slack, signals }: BotProcess): Promise<string> {
  const now = new Date();
  const at = (secondsAgo: number): Date => new Date(now.getTime() - secondsAgo * 1000);
  await signals.send(healthyWeek(at(3600)));
  const change = {
    type: 'change',
    id: 'c1',
    service: 'support-agent',
    what: 'model',
    from: 'v41',
    to: 'v42',
    at: at(1800).toISOString(),
  };
  await signals.send([change, ...evalRun(at(60), { task_completion_rate: 0.8 }, 'v42')]);
  const hands = { slack, app: { settle: async () => {} } };
  const channel = 'inc-1-support-agent';
  const soon = (what: string, act: () => Promise<void>) =>
    eventually(what, async () => {
      await act();
      return true;
    });
  const click = (label: string) =>
    soon(`“${label}” can be pressed`, () => clickButton(hands, ANA, channel, label));
  const cardSays = (words: string) =>
    eventually(`the card says “${words}”`, () =>
      slack.render(slack.message(channel, (m) => m.pinned)).includes(words),
    );
  await click('Go on to scope');
  await cardSays('Scope: 0 of 3');
  await click('Yes');
  await cardSays('Scope: 1 of 3');
  await click('Yes');
  await soon('a cause can be chosen', () => pickOption(hands, ANA, channel, 'Model version'));
  await click('Go on to mitigate');
  await click('Roll back the model');
  await soon('the form can be submitted', () => submitForm(hands, ANA, { reason: 'v42 invents facts' }));
  await eventually(
    'the approval card is shown',
    () => slack.message(channel, (m) => m.text.includes('requested')) !== undefined,
  );
  return channel;
}

const approve = ({ slack }: BotProcess, channel: string) =>
  clickButton({ slack, app: { settle: async () => {} } }, BEN, channel, 'Approve');

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
