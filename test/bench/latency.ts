import { createScratchDatabase } from '../support/postgres-server.ts';
import type { Bench } from './bench.ts';
import { serviceName, startBot } from './bot.ts';
import { delivery, measurement, post } from './load.ts';
import { startSlackAtOnce } from './slack-at-once.ts';
import { median, quantile, spread } from './statistics.ts';

const WARM_UP = 50;
const INCIDENTS = 300;

/** From posting a signal that declares an incident to the arrival of the first Slack request about it; one at a time. */
export const latency: Bench = async ({ postgres, rounds, say }) => {
  const p50: number[] = [];
  const p99: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const taken = await oneRound(postgres.url);
    p50.push(quantile(taken, 0.5));
    p99.push(quantile(taken, 0.99));
    say(
      `round ${round}: ${taken.length} incidents, p50 ${p50.at(-1)?.toFixed(1)} ms, p99 ${p99.at(-1)?.toFixed(1)} ms`,
    );
  }
  const what = `Signal → first Slack request, ${INCIDENTS} incidents`;
  return [
    { figure: `${what}, p50`, goal: '≤ 5 ms', measured: `${spread(p50, 1)} ms`, met: median(p50) <= 5 },
    { figure: `${what}, p99`, goal: '≤ 25 ms', measured: `${spread(p99, 1)} ms`, met: median(p99) <= 25 },
  ];
};

async function oneRound(serverUrl: string): Promise<number[]> {
  const database = await createScratchDatabase(serverUrl);
  const slack = await startSlackAtOnce();
  const services = WARM_UP + INCIDENTS;
  const bot = await startBot({ databaseUrl: database.url, slackUrl: slack.url, services });
  try {
    const taken: number[] = [];
    for (let n = 1; n <= services; n++) {
      const service = serviceName(n);
      const request = delivery([measurement(service, 'structured_output_error_rate', 0.1)]);
      const heard = slack.firstAbout(service);
      const began = performance.now();
      await post(bot.url, [request], { connections: 1, status: 202 });
      const at = await heard;
      if (n > WARM_UP) taken.push(at - began);
      // The rest of what is said about this incident is no part of the next one.
      await slack.quiet(40);
    }
    return taken;
  } finally {
    await bot.stop();
    await Promise.all([slack.close(), database.drop()]);
  }
}
