import { createScratchDatabase } from '../support/postgres-server.ts';
import type { Bench } from './bench.ts';
import { startBot } from './bot.ts';
import { analyze } from './database-state.ts';
import { healthyDeliveries, post, slashCommand } from './load.ts';
import { fillOpenIncidents } from './open-incidents.ts';
import { startSlackAtOnce } from './slack-at-once.ts';
import { median, quantile, spread } from './statistics.ts';

const SERVICES = 300;
const FEW = 1_000;
const MANY = 100_000;
const REQUESTS = 8_000;
const LISTINGS = 300;

/** Ingest and `/aire incident list` with few and with many open incidents: two bots on two databases, in turn. */
export const scale: Bench = async ({ postgres, rounds, say }) => {
  const slack = await startSlackAtOnce();
  const side = async (incidents: number) => {
    const database = await createScratchDatabase(postgres.url);
    await fillOpenIncidents(database.url, incidents);
    const bot = await startBot({ databaseUrl: database.url, slackUrl: slack.url, services: SERVICES });
    const measure = async () => {
      const { rate } = await post(bot.url, healthyDeliveries(REQUESTS, SERVICES), {
        connections: 16,
        status: 202,
      });
      const { latencies } = await post(
        bot.url,
        Array.from({ length: LISTINGS }, () => slashCommand('incident list')),
        {
          connections: 1,
          status: 200,
        },
      );
      return { rate, listing: quantile(latencies, 0.5) };
    };
    await measure();
    await analyze(database.url);
    return { measure, stop: () => bot.stop().then(() => database.drop()) };
  };
  const few = await side(FEW);
  const many = await side(MANY);
  try {
    const throughput: number[] = [];
    const listing: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const atFew = await few.measure();
      const atMany = await many.measure();
      throughput.push(atMany.rate / atFew.rate);
      listing.push(atMany.listing / atFew.listing);
      say(
        `round ${round}: ingest ${atFew.rate.toFixed(0)} → ${atMany.rate.toFixed(0)} req/s, listing ${atFew.listing.toFixed(1)} → ${atMany.listing.toFixed(1)} ms`,
      );
    }
    const what = `${FEW.toLocaleString('en')} → ${MANY.toLocaleString('en')} open incidents`;
    return [
      {
        figure: `${what}: ingest throughput`,
        goal: '≥ 0.85 ×',
        measured: `${spread(throughput, 2)} ×`,
        met: median(throughput) >= 0.85,
      },
      {
        figure: `${what}: latency of /aire incident list, median`,
        goal: '≤ 1.25 ×',
        measured: `${spread(listing, 2)} ×`,
        met: median(listing) <= 1.25,
      },
    ];
  } finally {
    await few.stop();
    await many.stop();
    await slack.close();
  }
};
