import { expect, test } from 'vitest';
import { z } from 'zod';
import { playbookFile, runbookFields } from './schema.ts';
import { takeSnapshot } from './snapshot.ts';

const phase = { title: 'Phase', window: '5m' };
const playbookInput = {
  triggers: {},
  phases: { triage: phase, scope: phase, mitigate: phase, post_incident: phase },
  steps: [
    { id: 'look', kind: 'check', phase: 'triage', title: 'Look', when: { cause: 'model', kind: 'cost' } },
  ],
};
const playbook = playbookFile.parse(playbookInput);
const file = z.strictObject(runbookFields);
const own = file.parse({
  runbooks: {
    bad_answers: {
      when: { trigger: 'eval_score_drop', cause: 'prompt' },
      steps: [
        { id: 'look', kind: 'check', phase: 'triage', title: 'Look closer' },
        { id: 'models', kind: 'check', phase: 'scope', title: 'Models', when: { cause: 'model' } },
      ],
    },
  },
});

test("the playbook's steps, then the service's own, named and conditioned by their runbook", () => {
  const { steps, phases } = takeSnapshot(playbook, own);
  expect(steps.map(({ id, when }) => [id, when])).toEqual([
    ['look', { cause: ['model'], kind: ['cost'] }],
    ['bad_answers.look', { trigger: ['eval_score_drop'], cause: ['prompt'] }],
    ['bad_answers.models', { trigger: ['eval_score_drop'], cause: ['model'] }],
  ]);
  expect(phases.triage).toEqual({ title: 'Phase', window: 300_000 });
});

test('the same content has the same hash, in whatever order its keys were written', () => {
  const reordered = playbookFile.parse({
    steps: [
      { when: { kind: 'cost', cause: 'model' }, title: 'Look', phase: 'triage', kind: 'check', id: 'look' },
    ],
    phases: { post_incident: phase, mitigate: phase, scope: phase, triage: { window: '5m', title: 'Phase' } },
    triggers: {},
  });
  expect(takeSnapshot(reordered, own).hash).toBe(takeSnapshot(playbook, own).hash);
  expect(takeSnapshot(playbook, own).hash).toMatch(/^[0-9a-f]{64}$/);
});

test('any change of a step, a condition or a window changes the hash', () => {
  const hash = takeSnapshot(playbook, own).hash;
  const [first] = playbook.steps;
  if (first === undefined) throw new Error('no step');
  const others = [
    takeSnapshot({ ...playbook, steps: [{ ...first, title: 'Look!' }] }, own),
    takeSnapshot({ ...playbook, steps: [{ ...first, when: { cause: ['prompt'] } }] }, own),
    takeSnapshot({ ...playbook, phases: { ...playbook.phases, scope: { title: 'Phase', window: 1 } } }, own),
    takeSnapshot(playbook, { runbooks: {} }),
  ];
  expect(new Set([hash, ...others.map((each) => each.hash)]).size).toBe(5);
});

test('a trigger that changes does not: only what responders walk through is frozen', () => {
  const triggers = playbookFile.shape.triggers.parse({
    cost: { title: 'Cost', source: '§D6', kind: 'cost', slis: {}, severity: [{ is: 'SEV3' }] },
  });
  expect(takeSnapshot({ ...playbook, triggers }, own).hash).toBe(takeSnapshot(playbook, own).hash);
});
