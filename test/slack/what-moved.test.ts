import { expect, it } from 'vitest';
import { clickButton, latest, submitForm } from '../../src/cli/demo/hands.ts';
import { evalRun, healthyWeek } from '../../src/cli/demo/history.ts';
import { MINUTE } from '../../src/time.ts';
import { ANA, START, type TestStage, useStage } from '../support/stage.ts';

const CHANNEL = 'inc-1-support-agent';
const stageWith = useStage();
const card = (stage: TestStage): string =>
  stage.slack.render(stage.slack.message(CHANNEL, (message) => message.pinned));
const release = (minutes: number, over: Readonly<Record<string, string>> = {}) => ({
  type: 'change',
  id: `release${minutes}`,
  service: 'support-agent',
  what: 'model',
  from: 'v41',
  to: 'v42',
  at: new Date(START.getTime() + minutes * MINUTE).toISOString(),
  ...over,
});

/** A healthy week, these changes, then completion falls: 86 % over the quarter of an hour from minute 3 to minute 18. */
async function fallen(...changes: readonly Readonly<Record<string, string>>[]): Promise<TestStage> {
  const stage = await stageWith();
  await stage.signals.send(healthyWeek(START));
  await stage.signals.send(changes);
  await stage.pass(18 * MINUTE);
  await stage.signals.send(evalRun(stage.clock.now(), { task_completion_rate: 0.86 }, 'v42'));
  await stage.app.settle();
  await clickButton(stage, ANA, 'incidents', 'Declare');
  return stage;
}

it('a release before the fall is named, with its rollback one click away in triage', async () => {
  const stage = await fallen(release(-9));
  expect(card(stage)).toContain('Model v41 → v42 went out 12 min before the fall began');
  expect(card(stage)).toContain(
    'Began about: 2026-11-23 02:45 UTC (between 2026-11-23 02:45 UTC and 2026-11-23 03:00 UTC)',
  );
  expect(card(stage)).toContain('Cause: not known yet');
  await clickButton(stage, ANA, CHANNEL, 'Roll back the model');
  await submitForm(stage, ANA, { reason: 'v42' });
  const asked = stage.slack.render(latest(stage.slack, CHANNEL, 'Approval needed'));
  expect(asked).toContain('v41 (last with passing evals: 95.0 % of 8400 samples on 22 Nov)');
  expect(card(stage)).not.toContain('[Roll back the model]');
});

it('its cause is suggested in scope, and what moved is found by itself', async () => {
  const stage = await fallen(release(-9), release(-300, { id: 'p', what: 'prompt', from: 'p6', to: 'p7' }));
  await clickButton(stage, ANA, CHANNEL, 'Go on to scope');
  expect(card(stage)).toContain(
    'What moved before it began?: Model v41 → v42, 12 min before and 1 more before it; inputs: no data; unknown: index, routing, config, data',
  );
  for (const _step of ['what_moved', 'inputs']) await clickButton(stage, ANA, CHANNEL, 'Yes');
  expect(card(stage)).toContain('Suggested: Model version');
  expect(card(stage)).toContain('Cause: not known yet');
});

it('a release after the fall is not blamed, nor one of another service', async () => {
  const stage = await fallen(release(-9, { id: 'other', service: 'llm-inference' }));
  await stage.signals.send([release(18.5, { to: 'v43' })]);
  await stage.pass(MINUTE);
  expect(card(stage)).toContain('No change was reported in the day before.');
  expect(card(stage)).toContain('After the onset, so not its cause:');
  expect(card(stage)).toContain('Model v41 → v43');
  expect(card(stage)).not.toContain('v42');
  expect(card(stage)).not.toContain('[Roll back the model]');
});

it('a release long before is shown, but not blamed', async () => {
  const stage = await fallen(release(-90));
  expect(card(stage)).toContain('Closest before the onset: Model v41 → v42, 1 h 33 min before');
  expect(card(stage)).not.toContain('[Roll back the model]');
});
