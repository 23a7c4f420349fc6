import { expect, test } from 'vitest';
import { type Settlement, settleStep } from './settle-step.ts';
import { after, anIncident, incidentDeps, NOW } from './test-builders.ts';

function open(over: Parameters<typeof anIncident>[0] = {}) {
  const deps = incidentDeps();
  deps.store.incidents.seed(anIncident(over));
  const settle = (stepId: string, settlement: Settlement, by = 'U_ANA') =>
    settleStep(deps, { incidentId: 'inc_a', stepId, by, settlement });
  return { deps, settle, texts: () => deps.store.entries.map((entry) => entry.text) };
}

test('ticking a step settles it and acknowledges the incident', async () => {
  const { deps, settle, texts } = open();
  await settle('infrastructure', { as: 'done', outcome: 'ok' });
  expect(deps.store.incidents.get('inc_a')).toMatchObject({
    acknowledgedAt: NOW,
    steps: { infrastructure: { status: 'done', outcome: 'ok', by: 'U_ANA', at: NOW } },
  });
  expect(texts()).toEqual(['Is the infrastructure healthy?: OK']);
  expect(deps.store.entries[0]?.data).toEqual({ step: 'infrastructure', status: 'done', outcome: 'ok' });
});

test('the first acknowledgement stays', async () => {
  const { deps, settle } = open({ acknowledgedAt: after(-3) });
  await settle('infrastructure', { as: 'skipped' });
  expect(deps.store.incidents.get('inc_a')?.acknowledgedAt).toEqual(after(-3));
});

test('the last word counts; the same word again changes nothing', async () => {
  const { deps, settle, texts } = open();
  await settle('infrastructure', { as: 'done', outcome: 'ok' });
  await settle('infrastructure', { as: 'done', outcome: 'ok' }, 'U_BEN');
  expect(deps.store.saves).toHaveLength(1);
  await settle('infrastructure', { as: 'done', outcome: 'not_ok' }, 'U_BEN');
  await settle('infrastructure', { as: 'skipped' }, 'U_BEN');
  expect(texts()).toEqual([
    'Is the infrastructure healthy?: OK',
    'Is the infrastructure healthy?: not OK',
    'Skipped: Is the infrastructure healthy?',
  ]);
  expect(deps.store.incidents.get('inc_a')?.steps.infrastructure).toMatchObject({
    status: 'skipped',
    by: 'U_BEN',
  });
});

test('choosing the cause sets the fact and the cause, and choosing again corrects both', async () => {
  const { deps, settle, texts } = open();
  await settle('cause', { as: 'chosen', value: 'model' });
  await settle('cause', { as: 'chosen', value: 'prompt' });
  expect(deps.store.incidents.get('inc_a')).toMatchObject({
    cause: 'prompt',
    facts: { cause: { value: 'prompt', from: 'step:cause', at: NOW } },
  });
  expect(texts()).toEqual(['What is the cause?: Model version', 'What is the cause?: Prompt']);
});

test('a note that sets a fact, and one that sets none', async () => {
  const { deps, settle } = open();
  await settle('impact', { as: 'noted', text: '  about 200 people  ' });
  await settle('remark', { as: 'noted', text: 'none' });
  expect(deps.store.incidents.get('inc_a')?.facts).toEqual({
    customer_impact: { value: 'about 200 people', from: 'step:impact', at: NOW },
  });
});

test.each([
  ['cause', { as: 'chosen', value: 'sabotage' }, '"sabotage" is no option of the step “What is the cause?”.'],
  ['impact', { as: 'chosen', value: 'model' }, '"model" is no option of the step “Who was affected?”.'],
  ['impact', { as: 'noted', text: ' ' }, 'Write something for “Who was affected?”, or skip the step.'],
  ['nope', { as: 'skipped' }, 'INC-12 has no step "nope".'],
] as const)('%s %j is refused', async (stepId, settlement, message) => {
  const { deps, settle } = open();
  await expect(settle(stepId, settlement)).rejects.toThrow(message);
  expect(deps.store.saves).toEqual([]);
});

test('two people settling different steps at the same moment: both stay', async () => {
  const { deps, settle } = open();
  await Promise.all([
    settle('infrastructure', { as: 'done', outcome: 'ok' }),
    settle('cause', { as: 'chosen', value: 'model' }, 'U_BEN'),
  ]);
  expect(Object.keys(deps.store.incidents.get('inc_a')?.steps ?? {}).sort()).toEqual([
    'cause',
    'infrastructure',
  ]);
  expect(deps.store.saves).toEqual(['saved', 'conflict', 'saved']);
});
