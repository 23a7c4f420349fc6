import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, inject, it, onTestFailed } from 'vitest';
import { createScratchDatabase } from '../support/postgres-server.ts';
import { missingAlertPrograms, startAlertPrograms } from './alert-programs.ts';
import { type BotProcess, createBotProcess, eventually } from './bot-process.ts';

const TOKEN = '5b1f0c9d7e3a48268f0e2d4c6b8a9173';
const RULE =
  '{ from: alertmanager, match: { title: "HallucinationRate*" }, trigger: eval_score_drop, without_value: trust }';
const rules = (expression: string): string => `groups:
  - name: aire
    rules:
      - alert: HallucinationRateHigh
        expr: ${expression}
        labels: { severity: page }
        annotations: { value: "{{ $value }}" }
`;
const missing = missingAlertPrograms();
const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** The bot, and the two programs with the receiver that README shows: only its address and pace are changed. */
async function start(token: string) {
  const scratch = await createScratchDatabase(inject('postgresUrl'));
  cleanUp.push(() => scratch.drop());
  const bot = await createBotProcess({
    databaseUrl: scratch.url,
    honoursKey: true,
    env: { AIRE_ALERT_TOKENS: `alertmanager=${TOKEN}` },
    edit: (file) => file.replace('    - from: pagerduty\n', `    - ${RULE}\n    - from: pagerduty\n`),
  });
  cleanUp.push(() => bot.close());
  await bot.start();
  const programs = await startAlertPrograms({
    rules: rules('vector(1)'),
    alertmanagerConfig: (await receiverOfReadme())
      .replace('https://aire.example.com', bot.url)
      .replace('/etc/alertmanager/aire-token', 'aire-token')
      .replace('  group_by:', '  group_wait: 0s\n  group_interval: 1s\n  group_by:'),
    files: { 'aire-token': token },
  });
  cleanUp.push(() => programs.close());
  onTestFailed(() => {
    process.stderr.write(programs.said());
  });
  return { bot, programs };
}

async function receiverOfReadme(): Promise<string> {
  const [, yaml] = /^```yml\n(route:[\s\S]*?)^```$/m.exec(await readFile('README.md', 'utf8')) ?? [];
  if (yaml === undefined) throw new Error('README has no Alertmanager configuration');
  return yaml;
}

const channelNames = ({ slack }: BotProcess): string[] => slack.channels().map((channel) => channel.name);
const textsIn = ({ slack }: BotProcess, channel: string): string =>
  slack
    .channel(channel)
    .messages.map((message) => slack.render(message))
    .join('\n');

describe.skipIf(missing !== undefined)('Debian’s Prometheus and Alertmanager', () => {
  it('a rule that fires becomes an incident in Slack; when it no longer does, the incident hears it', async () => {
    const { bot, programs } = await start(TOKEN);
    const channel = 'inc-1-support-agent';
    await eventually('the incident has its channel', () => channelNames(bot).includes(channel));
    await eventually('the reason is told', () =>
      textsIn(bot, channel).includes('Alertmanager alert “HallucinationRateHigh” is firing'),
    );
    await programs.setRules(rules('vector(1) > 2'));
    await eventually('the recovery is told', () =>
      textsIn(bot, channel).includes(
        'Alertmanager alert “HallucinationRateHigh” was resolved by its sender.',
      ),
    );
    // All the while Prometheus sent it again every 2 seconds.
    expect(channelNames(bot).filter((name) => name.startsWith('inc-'))).toEqual([channel]);
  }, 120_000);

  it('control: with another token nothing comes of the same rule', async () => {
    const { bot, programs } = await start(`${TOKEN}x`);
    await eventually('Alertmanager is refused', () => programs.said().includes('unexpected status code 401'));
    expect(channelNames(bot).filter((name) => name.startsWith('inc-'))).toEqual([]);
  }, 120_000);
});

if (missing !== undefined) {
  process.stderr.write(`The end-to-end test with the real Alertmanager can't run: ${missing}\n`);
  // Where every test must run, skipping would look like success.
  if (process.env.CI === 'true') it('Prometheus and Alertmanager are installed', () => expect.fail(missing));
}
