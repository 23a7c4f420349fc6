import { createScratchDatabase } from '../support/postgres-server.ts';
import { startBare } from './bare-process.ts';
import type { Bench } from './bench.ts';
import { SIGNAL_SECRET, serviceName, startBot } from './bot.ts';
import { delivery, measurement, post } from './load.ts';
import { type SlackAtOnce, startSlackAtOnce } from './slack-at-once.ts';
import { median, quantile, spread } from './statistics.ts';

const WARM_UP = 50;
const INCIDENTS = 300;
const BARE = 100;

/**
 * From posting a signal that declares an incident to the arrival of the first Slack request about it; one at a time. In
 * turn with the least that any process takes for it on this machine (`bare-chain.ts`).
 */
export const latency: Bench = async ({ postgres, rounds, say }) => {
  const p50: number[] = [];
  const p99: number[] = [];
  const bare: number[] = [];
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const taken = await ofBot(postgres.url);
    const least = quantile(await ofBareChain(postgres.url), 0.5);
    const half = quantile(taken, 0.5);
    p50.push(half);
    p99.push(quantile(taken, 0.99));
    bare.push(least);
    ratios.push(half / least);
    say(
      `round ${round}: ${taken.length} incidents, p50 ${half.toFixed(1)} ms, p99 ${quantile(taken, 0.99).toFixed(1)} ms; bare chain p50 ${least.toFixed(1)} ms`,
    );
  }
  const what = `Signal → first Slack request, ${INCIDENTS} incidents`;
  return [
    { figure: `${what}, p50`, goal: '≤ 5 ms', measured: `${spread(p50, 1)} ms`, met: median(p50) <= 5 },
    { figure: `${what}, p99`, goal: '≤ 25 ms', measured: `${spread(p99, 1)} ms`, met: median(p99) <= 25 },
    {
      figure: `The same, p50 ÷ two durable statements, a read and a request in a bare process (${spread(bare, 1)} ms)`,
      goal: '–',
      measured: spread(ratios, 1),
    },
  ];
};

async function ofBot(serverUrl: string): Promise<number[]> {
  const database = await createScratchDatabase(serverUrl);
  const slack = await startSlackAtOnce();
  const services = WARM_UP + INCIDENTS;
  const bot = await startBot({ databaseUrl: database.url, slackUrl: slack.url, services });
  try {
    return await oneByOne(bot.url, slack, INCIDENTS);
  } finally {
    await bot.stop();
    await Promise.all([slack.close(), database.drop()]);
  }
}

async function ofBareChain(serverUrl: string): Promise<number[]> {
  const database = await createScratchDatabase(serverUrl);
  const slack = await startSlackAtOnce();
  const bare = await startBare('bare-chain.ts', database.url, slack.url, SIGNAL_SECRET);
  try {
    return await oneByOne(bare.url, slack, BARE);
  } finally {
    await bare.stop();
    await Promise.all([slack.close(), database.drop()]);
  }
}

/** Milliseconds of each of so many signals of one service each, after some to warm up. */
async function oneByOne(url: string, slack: SlackAtOnce, count: number): Promise<number[]> {
  const taken: number[] = [];
  for (let n = 1; n <= WARM_UP + count; n++) {
    const service = serviceName(n);
    const request = delivery([measurement(service, 'structured_output_error_rate', 0.1)]);
    const heard = slack.firstAbout(service);
    const began = performance.now();
    await post(url, [request], { connections: 1, status: 202 });
    const at = await heard;
    if (n > WARM_UP) taken.push(at - began);
    // The rest of what is said about this one is no part of the next.
    await slack.quiet(40);
  }
  return taken;
}
