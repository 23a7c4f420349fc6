import { afterEach, describe, expect, inject, it } from 'vitest';
import { createReplicaWake } from '../../src/adapters/db/replica-wake.ts';
import { silentLogger } from '../../src/log.ts';
import { createScratchDatabase } from '../support/postgres-server.ts';
import { createBotProcess, eventually } from './bot-process.ts';
import { openDirectWork } from './direct-work.ts';
import { wait } from './ingest.ts';

const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function startBot() {
  const scratch = await createScratchDatabase(inject('postgresUrl'));
  cleanUp.push(() => scratch.drop());
  const bot = await createBotProcess({ databaseUrl: scratch.url });
  cleanUp.push(() => bot.close());
  await bot.start();
  const work = await openDirectWork(scratch.url, bot);
  cleanUp.push(() => work.close());
  return { url: scratch.url, bot, work };
}

describe('two replicas', () => {
  it('the work of one that was killed is finished by the other within 30 s, once', async () => {
    const { bot, work } = await startBot();
    const other = await bot.replica();
    await other.start();
    bot.slack.misbehave('chat.postMessage', 'hang');
    other.freeze(true);
    await work.add(1);
    await eventually('one has it', () => bot.slack.calls('chat.postMessage').length === 1);
    other.freeze(false);
    await bot.kill();
    const seconds = await work.untilDone(1);
    process.stdout.write(`taken over within ${seconds.toFixed(1)} s\n`);
    expect(seconds).toBeLessThan(30);
    await eventually('it is recorded', async () => (await work.job(1))?.state === 'done');
    expect(await work.job(1)).toEqual({ state: 'done', attempts: 2 });
    expect(work.effects(1)).toBe(1);
  }, 120_000);

  it('one begins at once with what another has saved, since NOTIFY wakes it', async () => {
    const { url, work } = await startBot();
    const other = createReplicaWake(url, () => {}, silentLogger);
    cleanUp.push(() => other.close());
    /** Right after it has looked, so that it would look again by itself in 5 s. */
    const afterALook = async (id: number): Promise<void> => {
      await work.add(id);
      await work.untilDone(id);
      await eventually('it is recorded', async () => (await work.job(id))?.state === 'done');
      await wait(300);
    };
    await afterALook(1);
    await work.add(2);
    other.announce();
    expect(await work.untilDone(2)).toBeLessThan(2.5);

    // Control: unannounced, it is found by the next look only.
    await afterALook(3);
    await work.add(4);
    expect(await work.untilDone(4)).toBeGreaterThan(2.5);
  }, 120_000);
});
