import { createSlackMessages } from '../../src/adapters/db/slack-messages.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { createLogger } from '../../src/adapters/log.ts';
import { createOutgoing } from '../../src/adapters/outgoing/create-outgoing.ts';
import { createAppMetrics, startOperation } from '../../src/app-operate.ts';
import { readConfig } from '../../src/config.ts';
import { MINUTE, SECOND } from '../../src/time.ts';
import type { TestStage } from './stage.ts';

type Operated = Parameters<typeof startOperation>[0];

/**
 * Operates the stage's bot as one more replica would, under these variables; its time passes by `check` and `beat`. Its
 * log knows no secrets, so that what it holds back is held back before the log.
 */
export function operate(on: TestStage, env: Readonly<Record<string, string>>, more: Partial<Operated> = {}) {
  const { database, clock } = on;
  const config = readConfig(env, () => '');
  const logged: string[] = [];
  const runs: { readonly ms: number; readonly run: () => Promise<void> }[] = [];
  const metrics = createAppMetrics(database, clock);
  startOperation({
    config,
    database,
    messages: createSlackMessages(database),
    schedule: { missed: () => undefined, tick: async () => {} },
    enqueue: createStores(database, clock, () => {}).enqueue,
    worker: { sinceLastLook: () => 0 },
    outgoing: createOutgoing({ allowHosts: config.allowHosts }),
    metrics,
    clock,
    log: createLogger({
      level: 'info',
      secrets: [],
      destination: { write: (line) => logged.push(line) },
    }),
    every: (ms, run) => {
      runs.push({ ms, run });
      return async () => {};
    },
    ...more,
  });
  async function each(ms: number): Promise<void> {
    for (const { run } of runs.filter((known) => known.ms === ms)) await run();
  }
  return {
    logged,
    metrics,
    /** Self-watch looks, as it does every 20 s; what it asks for is done. */
    async check(times = 1): Promise<void> {
      for (let n = 0; n < times; n++) {
        await on.pass(20 * SECOND);
        await each(20 * SECOND);
        await on.app.settle();
      }
    },
    beat: () => each(MINUTE),
  };
}
