import { expect, test } from 'vitest';
import { sendTestSignal } from '../../src/cli/ping.ts';
import { readConfig } from '../../src/config.ts';
import { START, type TestStage, useStage } from '../support/stage.ts';

const stageWith = useStage();
const secret = `whsec_${Buffer.alloc(32, 'ping').toString('base64')}`;
const other = `whsec_${Buffer.alloc(32, 'other').toString('base64')}`;

/** `aire ping` with the environment of somebody on the bot's machine. */
const ping = (stage: TestStage, service: string, env: Record<string, string> = {}) =>
  sendTestSignal(
    readConfig(
      { PORT: new URL(stage.app.url).port, AIRE_SIGNAL_SECRETS: `evals=${secret}`, ...env },
      () => '',
    ),
    service,
  );
const open = () => stageWith({ env: { AIRE_SIGNAL_SECRETS: `evals=${secret}` } });
const said = (stage: TestStage) =>
  stage.slack.channel('incidents').messages.map((message) => stage.slack.render(message));

test('a test signal arrives, is told once, and leaves nothing to judge', async () => {
  const stage = await open();
  expect(await ping(stage, 'support-agent')).toBe(
    `The test signal for support-agent arrived at ${stage.app.url}, signed as evals. aire says so in the incidents channel.`,
  );
  await stage.app.settle();
  expect(said(stage)).toEqual([
    ':satellite_antenna: Test signal for support-agent arrived from evals: the signature fits, and the service is known. Nothing was declared.',
  ]);
  expect([
    await stage.count('signals'),
    await stage.count('incidents'),
    await stage.count('proposals'),
  ]).toEqual([0, 0, 0]);
});

test('the same delivery again is a duplicate, and is not told again', async () => {
  const stage = await stageWith();
  const item = { type: 'test', id: 't1', service: 'support-agent', at: START.toISOString() };
  const first = await stage.signals.send([item]);
  expect(first).toMatchObject({ status: 202, body: { accepted: 1, duplicate: 0, refused: [] } });
  const again = await stage.signals.send([item], { webhookId: first.webhookId });
  expect(again).toMatchObject({ status: 200, body: { accepted: 0, duplicate: 1 } });
  await stage.signals.send([item]);
  await stage.app.settle();
  expect(said(stage)).toHaveLength(1);
  expect(stage.slack.calls('chat.update')).toEqual([]);
});

test('a service whose file was not read yet is refused, with what to do', async () => {
  const stage = await open();
  await expect(ping(stage, 'translate')).rejects.toThrow(
    `The aire at ${stage.app.url} refused the test signal: there is no service "translate"; known are: llm-inference, support-agent. aire reads service files at start: restart it.`,
  );
  await stage.app.settle();
  expect(said(stage)).toEqual([]);
});

test('what keeps it from arriving is said', async () => {
  const stage = await open();
  await expect(ping(stage, 'support-agent', { AIRE_SIGNAL_SECRETS: `evals=${other}` })).rejects.toThrow(
    'The signature fits none of AIRE_SIGNAL_SECRETS',
  );
  await expect(ping(stage, 'support-agent', { AIRE_SIGNAL_SECRETS: '' })).rejects.toThrow(
    'Nobody may send signals yet. Set AIRE_SIGNAL_SECRETS',
  );
  await expect(
    ping(stage, 'support-agent', { PORT: '1', AIRE_PUBLIC_URL: 'http://127.0.0.1:2' }),
  ).rejects.toThrow(
    'No aire is ready at http://127.0.0.1:2 or http://127.0.0.1:1. Start it with: aire start',
  );
});
