import { createScratchDatabase } from '../support/postgres-server.ts';
import type { Bench } from './bench.ts';
import { startBot } from './bot.ts';
import { healthyDeliveries, post, slashCommand } from './load.ts';
import { fillOpenIncidents } from './open-incidents.ts';
import { startSlackAtOnce } from './slack-at-once.ts';
import { median, spread } from './statistics.ts';

const SERVICES = 100;
const INCIDENTS = 10_000;
const MB = 1024 * 1024;

/** How much larger a bot is with 10,000 open incidents than one with none, after the same activity. */
export const memory: Bench = async ({ postgres, rounds, say }) => {
  const slack = await startSlackAtOnce();
  const sizeWith = async (incidents: number) => {
    const database = await createScratchDatabase(postgres.url);
    await fillOpenIncidents(database.url, incidents);
    const bot = await startBot({ databaseUrl: database.url, slackUrl: slack.url, services: SERVICES });
    try {
      await post(bot.url, healthyDeliveries(4_000, SERVICES), { connections: 8, status: 202 });
      await post(
        bot.url,
        Array.from({ length: 300 }, () => slashCommand('incident list')),
        { connections: 1, status: 200 },
      );
      await slack.quiet(1_000);
      const { heapUsed, external, rss } = await bot.figures();
      return { heap: (heapUsed + external) / MB, rss: rss / MB };
    } finally {
      await bot.stop();
      await database.drop();
    }
  };
  try {
    const heap: number[] = [];
    const rss: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const none = await sizeWith(0);
      const many = await sizeWith(INCIDENTS);
      heap.push(many.heap - none.heap);
      rss.push(many.rss - none.rss);
      say(
        `round ${round}: heap and external ${none.heap.toFixed(1)} → ${many.heap.toFixed(1)} MB, RSS ${none.rss.toFixed(0)} → ${many.rss.toFixed(0)} MB`,
      );
    }
    return [
      {
        figure: `Memory per 10,000 open incidents, heap and external after a collection (RSS: ${spread(rss, 0)} MB)`,
        goal: '≤ 4 MB',
        measured: `${spread(heap, 1)} MB`,
        met: median(heap) <= 4,
      },
    ];
  } finally {
    await slack.close();
  }
};
