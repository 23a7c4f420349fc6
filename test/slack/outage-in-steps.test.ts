import { expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/time.ts';
import { ANA, propose, useStage } from '../support/stage.ts';

const stageWith = useStage();

it('an hour of outage, tried again all the while: nothing is given up', async () => {
  const stage = await stageWith();
  await propose(stage);
  await stage.slack.as(ANA).command('help');
  const { ts } = stage.slack.message('incidents', () => true);
  stage.slack.down(true);
  await stage.slack.as(ANA).click({ channel: 'incidents', ts, actionId: 'proposal.declare' });
  for (let i = 0; i < 60; i++) await stage.pass(MINUTE);
  stage.slack.down(false);
  for (let i = 0; i < 10; i++) await stage.pass(30 * SECOND);
  expect(stage.slack.channel('inc-1-support-agent').messages.length).toBeGreaterThan(0);
  expect(JSON.stringify(stage.slack.channel('incidents').messages)).not.toContain('gave up');
});
