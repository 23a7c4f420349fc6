import { createServer } from 'node:http';
import { afterEach, describe, expect, inject, it, onTestFailed } from 'vitest';
import { freePort } from '../../src/cli/demo/free-port.ts';
import { createScratchDatabase } from '../support/postgres-server.ts';
import { missingAlertPrograms, startAlertPrograms } from './alert-programs.ts';
import { createBotProcess, eventually } from './bot-process.ts';

const TOKEN = 'e2e-metrics-token';
const missing = missingAlertPrograms();
const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** An agent that finishes 100 tasks between two scrapes, and says how many it completed. */
async function startExporter() {
  const port = await freePort();
  const done = { completed: 0, failed: 0 };
  let completes = 96;
  const server = createServer((_request, response) => {
    done.completed += completes;
    done.failed += 100 - completes;
    const line = (outcome: keyof typeof done) => `agent_tasks_total{outcome="${outcome}"} ${done[outcome]}\n`;
    response
      .writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
      .end(`# TYPE agent_tasks_total counter\n${line('completed')}${line('failed')}`);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  cleanUp.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return {
    target: `127.0.0.1:${port}`,
    becomesWorse: () => {
      completes = 70;
    },
  };
}

const sources = (url: string): string => `sources:
  prometheus:
    url: ${url}
    every: 15s
    queries:
      task_completion_rate:
        value: 'sum(increase(agent_tasks_total{outcome="completed"}[15s])) / sum(increase(agent_tasks_total[15s]))'
        samples: 'sum(increase(agent_tasks_total[15s]))'`;

describe.skipIf(missing !== undefined)('Debian’s Prometheus', () => {
  it('a series that it scrapes becomes an incident in Slack when it crosses its limit, and not before', async () => {
    const exporter = await startExporter();
    const programs = await startAlertPrograms({
      rules: 'groups: []\n',
      alertmanagerConfig: 'route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n',
      files: {},
      scrape: exporter.target,
    });
    cleanUp.push(() => programs.close());
    const scratch = await createScratchDatabase(inject('postgresUrl'));
    cleanUp.push(() => scratch.drop());
    const bot = await createBotProcess({
      databaseUrl: scratch.url,
      env: { AIRE_API_TOKENS: `e2e=${TOKEN}` },
      edit: (file) =>
        file
          .replace('baseline: { over: 7d }', 'baseline: { pinned: { task_completion_rate: 96% } }')
          .replace('sources:', sources(programs.prometheusUrl)),
    });
    cleanUp.push(() => bot.close());
    onTestFailed(() => {
      process.stderr.write(programs.said() + bot.errors());
    });
    await bot.start();
    const polls = async (): Promise<number> => {
      const metrics = await fetch(`${bot.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
      const [, n = '0'] =
        /aire_polls_total\{source="prometheus",service="support-agent",outcome="ok"\} (\d+)/.exec(
          await metrics.text(),
        ) ?? [];
      return Number(n);
    };
    const incidents = () => bot.slack.channels().filter(({ name }) => name.startsWith('inc-'));
    await eventually('good values were polled', async () => (await polls()) >= 2, 60);
    expect(incidents()).toEqual([]);
    exporter.becomesWorse();
    await eventually('the incident has its channel', () => incidents().length === 1, 60);
    const said = () =>
      bot.slack
        .channel('inc-1-support-agent')
        .messages.map((message) => bot.slack.render(message))
        .join('\n');
    await eventually('the reason has the value and the size of the sample', () =>
      /Task completion rate \d\d\.\d % .*; \d+ samples over 15 s/.test(said()),
    );
  }, 180_000);
});

if (missing !== undefined) {
  process.stderr.write(`The end-to-end test of polling can't run: ${missing}\n`);
  // Where every test must run, skipping would look like success.
  if (process.env.CI === 'true') it('Prometheus is installed', () => expect.fail(missing));
}
