import pg from 'pg';
import { createScratchDatabase } from '../support/postgres-server.ts';
import type { Bench } from './bench.ts';
import { type ProcessFigures, serviceName, startBot } from './bot.ts';
import { delivery, healthyDeliveries, measurement, post, slashCommand } from './load.ts';
import { startSlackAtOnce } from './slack-at-once.ts';
import { quantile, slope } from './statistics.ts';

const SERVICES = 300;
/** Requests a second. */
const RATE = 200;
const SAMPLE_SECONDS = 10;
/** What is loaded and compiled is no growth: in ten minutes each service has had its first incident by then. */
const WARM_UP_SHARE = 0.5;
const MB = 1024 * 1024;

/**
 * Steady load for minutes: each second deliveries, an incident declared, one resolved, a listing. Whether the heap grows
 * is read from the slope over samples taken after a collection.
 */
export const soak: Bench = async ({ postgres, soakSeconds, say }) => {
  const database = await createScratchDatabase(postgres.url);
  const slack = await startSlackAtOnce();
  const bot = await startBot({ databaseUrl: database.url, slackUrl: slack.url, services: SERVICES });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const samples: { minutes: number; figures: ProcessFigures }[] = [];
  try {
    const began = performance.now();
    let second = 0;
    for (; performance.now() - began < soakSeconds * 1000; second++) {
      const tick = performance.now();
      await oneSecond(bot.url, second);
      const minutes = (performance.now() - began) / 60_000;
      if (minutes * 60 >= (samples.length + 1) * SAMPLE_SECONDS)
        samples.push({ minutes, figures: await bot.figures() });
      await waitUntil(tick + 1000);
    }
    const rate = (second * RATE * 1000) / (performance.now() - began);
    const { rows } = await client.query(
      `select (select count(*)::int from jobs where state in ('ready', 'running') and due_at <= now() - interval '1 second') as queue,
        (select count(*)::int from jobs where state = 'dead') as dead, (select count(*)::int from incidents) as incidents,
        (select count(*)::int from incidents where resolved_at is not null) as resolved`,
    );
    const { queue, dead, incidents, resolved } = rows[0] as Record<
      'queue' | 'dead' | 'incidents' | 'resolved',
      number
    >;
    const steady = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
    const growth = (of: (figures: ProcessFigures) => number) =>
      slope(steady.map(({ minutes, figures }) => ({ x: minutes, y: of(figures) / MB })));
    const heap = growth((figures) => figures.heapUsed - figures.code + figures.external);
    const code = growth((figures) => figures.code);
    const rss = growth((figures) => figures.rss);
    const delay = quantile(
      samples.map(({ figures }) => figures.loopDelayP99),
      0.5,
    );
    say(
      `${incidents} incidents declared, ${resolved} resolved, ${slack.count()} Slack requests, ${dead} dead jobs, ${rate.toFixed(0)} req/s`,
    );
    say(
      `RSS ${perMinute(rss)}; compiled code ${perMinute(code)}; timers late by ${delay.toFixed(1)} ms (p99 of 10 s, median)`,
    );
    return [
      {
        figure: `${Math.round(soakSeconds / 60)} min at ${RATE} req/s: growth of heap and external, second half, without compiled code`,
        goal: 'none',
        measured: perMinute(heap),
        met: heap.slope - heap.within <= 0,
      },
      {
        figure: 'Jobs due for more than a second at its end',
        goal: 'none',
        measured: String(queue),
        met: queue === 0,
      },
    ];
  } finally {
    await client.end();
    await bot.stop();
    await Promise.all([slack.close(), database.drop()]);
  }
};

/** A service goes bad; the one that went bad a minute ago is well again and its incident is resolved; the rest are healthy. */
async function oneSecond(url: string, second: number): Promise<void> {
  const [bad, well] = [second, second + SERVICES - 60].map((n) => serviceName(1 + (n % SERVICES)));
  const changed = [
    [bad, 0.1],
    [well, 0.001],
  ].map(([service, value]) =>
    delivery([measurement(String(service), 'structured_output_error_rate', Number(value))]),
  );
  const healthy = healthyDeliveries(RATE - changed.length, SERVICES);
  // Incidents are numbered in the order of their declaration, one a second.
  const over = second - 59;
  const commands = [
    slashCommand('incident list'),
    ...(over < 1 ? [] : [slashCommand(`incident resolve ${over}`)]),
  ];
  await Promise.all([
    post(url, [...changed, ...healthy], { connections: 4, status: 202 }),
    post(url, commands, { connections: 1, status: 200 }),
  ]);
}

async function waitUntil(at: number): Promise<void> {
  const left = at - performance.now();
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
}

function perMinute({ slope: growth, within }: { slope: number; within: number }): string {
  return `${growth.toFixed(2)} ± ${within.toFixed(2)} MB/min (95 %)`;
}
