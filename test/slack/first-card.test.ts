import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { clickButton } from '../../src/cli/demo/hands.ts';
import type { StageOptions } from '../../src/cli/demo/stage.ts';
import { SECOND } from '../../src/time.ts';
import { ANA, propose, START, type TestStage, useStage } from '../support/stage.ts';

const stageWith = useStage();
const CHANNEL = 'inc-1-support-agent';

/** A bot that asks whether to declare. */
async function asked(options: Partial<StageOptions> = {}): Promise<TestStage> {
  const stage = await stageWith(options);
  await propose(stage);
  return stage;
}
const declare = (stage: TestStage) => clickButton(stage, ANA, 'incidents', 'Declare');
const pinned = (stage: TestStage) => stage.slack.message(CHANNEL, (message) => message.pinned);
const card = (stage: TestStage): string => stage.slack.render(pinned(stage));
const isPinned = (stage: TestStage): boolean =>
  stage.slack.channels().some(({ name }) => name === CHANNEL) &&
  stage.slack.channel(CHANNEL).messages.some((message) => message.pinned);
/** Lets everything else happen until something holds, or for a while. */
async function eventually(holds: () => boolean): Promise<void> {
  for (let turns = 0; turns < 200_000 && !holds(); turns++) await turn();
}
const timeline = async (stage: TestStage): Promise<string> =>
  JSON.stringify((await stage.slack.as(ANA).command('incident show 1')).body);

it('carries versions, dashboards and what the provider says', async () => {
  const stage = await asked();
  const change = { type: 'change', service: 'support-agent', at: START.toISOString() };
  await stage.signals.send([
    { ...change, id: 'c1', what: 'model', from: 'v41', to: 'v42' },
    { ...change, id: 'c2', what: 'prompt', to: 'p7' },
  ]);
  await declare(stage);
  expect(card(stage)).toContain('Versions model v42 (before: v41) · prompt p7');
  expect(JSON.stringify(pinned(stage).blocks)).toContain(
    '<https://grafana.example.com/d/support-agent-quality|Quality> · <https://grafana.example.com/d/support-agent-latency|Latency>',
  );
  expect(card(stage)).toContain(':white_check_mark: openai: All Systems Operational');
  expect(await timeline(stage)).not.toContain('openai');
});

it('does not wait for a provider that only answers when the card is pinned, and shows its trouble then', async () => {
  const stage = await asked();
  let before = '';
  stage.statusPage.answers(async () => {
    await eventually(() => isPinned(stage));
    before = card(stage);
    const status = { indicator: 'major', description: 'Elevated <!channel> errors' };
    return { status: 200, body: { page: { url: 'https://status.openai.com/' }, status } };
  });
  await declare(stage);
  expect(before).toContain('openai: status page not read yet');
  const { blocks } = pinned(stage);
  expect(JSON.stringify(blocks)).toContain('*openai: major*, “Elevated &lt;!channel&gt; errors”');
  expect(JSON.stringify(blocks)).not.toContain('<!channel>');
  expect(JSON.stringify(blocks)).toContain('<https://status.openai.com/|status page>');
  expect(card(stage)).toContain('help.openai.com');
  expect(await timeline(stage)).toContain('openai reports major: Elevated');
});

it('says that a page can not be read, never that the provider is well', async () => {
  const stage = await asked();
  stage.statusPage.answers(() => ({ status: 503, body: 'down' }));
  await declare(stage);
  expect(card(stage)).toContain('openai: status page not read yet');
  await stage.pass(10 * SECOND);
  expect(stage.statusPage.reads()).toBe(2);
  await stage.pass(20 * SECOND);
  expect(card(stage)).toContain('openai: status page not readable (HTTP 503)');
  await stage.pass(600 * SECOND);
  expect(stage.statusPage.reads()).toBe(3);
  expect(await timeline(stage)).toContain('openai: status page not readable (HTTP 503)');
  expect(JSON.stringify(stage.slack.channel('incidents').messages)).not.toContain('gave up');
});

it('looks again when somebody asks', async () => {
  const stage = await asked();
  await declare(stage);
  stage.statusPage.says('critical', 'Major System Outage');
  await clickButton(stage, ANA, CHANNEL, 'Look again');
  expect(card(stage)).toContain('openai: critical');
  expect(stage.statusPage.reads()).toBe(2);
});

it('reads no private address that is not allowed', async () => {
  const stage = await asked({ env: { AIRE_ALLOW_HOSTS: '192.0.2.1' } });
  await declare(stage);
  for (const wait of [10, 20]) await stage.pass(wait * SECOND);
  expect(stage.statusPage.reads()).toBe(0);
  expect(card(stage)).toContain('a private address that AIRE_ALLOW_HOSTS does not name');
});
