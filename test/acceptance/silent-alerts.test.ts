import { expect, it } from 'vitest';
import { clickButton } from '../../src/cli/demo/hands.ts';
import { DAY, MINUTE } from '../../src/time.ts';
import { deliver, incidentsChannel, payload, withSources } from '../support/deliver.ts';
import { ANA, type TestStage, useStage } from '../support/stage.ts';

const useSilent = useStage();
const CHANNEL = 'inc-1-support-agent';
const SILENCE = 'No word from Alertmanager for 7 days, so whether this goes on is not known.';

const stageWith = (): Promise<TestStage> =>
  useSilent({
    env: { AIRE_ALERT_TOKENS: 'alertmanager=token-0123456789' },
    edit: withSources({
      alerts:
        '{ from: alertmanager, match: { title: "HallucinationRate*" }, trigger: eval_score_drop, without_value: trust }',
    }),
  });
const say = async (stage: TestStage, name: string) => {
  const now = stage.clock.now().toISOString();
  const body = (await payload('alertmanager', name)).replace('2026-11-23T02:55:15.5Z', now);
  return deliver(stage, '/webhooks/alertmanager/token-0123456789', body, {});
};
const question = (stage: TestStage): string | undefined =>
  incidentsChannel(stage).find((text) => text.includes('would be SEV'));
const said = (stage: TestStage, words: string): string[] =>
  stage.slack
    .channel(CHANNEL)
    .messages.map((message) => stage.slack.render(message))
    .filter((text) => text.includes(words));

it('a question about an alert that fell silent is closed after 7 days and says why', async () => {
  const stage = await stageWith();
  await say(stage, 'ha-first');
  await stage.pass(6 * DAY);
  // Control: until then it stays open.
  expect(question(stage)).toContain('[Declare]');
  await stage.pass(DAY);
  expect(question(stage)).toContain(SILENCE);
  expect(question(stage)).toContain('Closed without an answer.');
  expect(question(stage)).not.toContain('[Declare]');
  // Heard of again, it is asked again.
  await say(stage, 'ha-second');
  expect(incidentsChannel(stage).filter((text) => text.includes('[Declare]'))).toHaveLength(1);
});

it('an incident says once that its alert fell silent, and goes on when it speaks again', async () => {
  const stage = await stageWith();
  await say(stage, 'ha-first');
  await clickButton(stage, ANA, 'incidents', 'Declare');
  await stage.pass(6 * DAY);
  expect(said(stage, 'No word')).toEqual([]);
  for (let day = 0; day < 3; day++) await stage.pass(DAY);
  expect(said(stage, 'No word')).toEqual([expect.stringContaining(SILENCE)]);
  expect(said(stage, 'vendor alert: no data')).toHaveLength(1);
  await say(stage, 'ha-second');
  await stage.pass(MINUTE);
  expect(said(stage, 'vendor alert firing')).toHaveLength(1);
  expect(said(stage, 'Recovered')).toEqual([]);
  await say(stage, 'resolved');
  expect(said(stage, 'Recovered: Alertmanager alert')).toHaveLength(1);
});
