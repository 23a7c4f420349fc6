import { afterEach, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../support/embedded-postgres.ts';
import { createBotProcess } from './bot-process.ts';
import { pinnedBaseline, seededChance, startIngest, wait } from './ingest.ts';
import { expectNothingLostNothingTwice } from './what-is-kept.ts';

const KILLS = 5;
const DURABLE = {};
const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

it('kill -9 at any moment of ingest: what was acknowledged is stored and evaluated, once', async () => {
  const chance = seededChance();
  const server = await startEmbeddedPostgres(DURABLE);
  cleanUp.push(() => server.stop());
  const bot = await createBotProcess({ databaseUrl: server.url, edit: pinnedBaseline });
  cleanUp.push(() => bot.close());
  await bot.start();
  const ingest = startIngest(bot.signals);
  cleanUp.push(() => ingest.abandon());
  for (let kill = 0; kill < KILLS; kill++) {
    await wait(50 + 800 * chance());
    await bot.kill();
    await bot.start();
  }
  await ingest.finish();
  await expectNothingLostNothingTwice(server.url, bot, ingest);
  // Otherwise nothing was killed under the sender.
  expect(ingest.answers()[0]).toBeGreaterThan(0);
}, 180_000);
