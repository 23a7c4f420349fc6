import { expect, test } from 'vitest';
import { holds, nextStep, type RunbookContext, type StepState, stepsOfPhase } from './next-steps.ts';
import { condition, type StepDefinition, step } from './schema.ts';

const context: RunbookContext = {
  kind: 'model_behavior',
  cause: 'model',
  trigger: 'eval_score_drop',
  facts: { region: { value: 'eu' } },
};

test.each([
  [{}, true],
  [{ kind: 'model_behavior' }, true],
  [{ kind: 'cost' }, false],
  [{ kind: ['cost', 'model_behavior'] }, true],
  [{ cause: 'model' }, true],
  [{ cause: ['prompt', 'retrieval'] }, false],
  [{ trigger: 'eval_score_drop' }, true],
  [{ trigger: 'latency' }, false],
  [{ fact: { region: { is: 'eu' } } }, true],
  [{ fact: { region: { is: 'us' } } }, false],
  [{ fact: { region: { in: ['us', 'eu'] } } }, true],
  [{ fact: { tenant: { is: 'acme' } } }, false],
  [
    { kind: 'model_behavior', cause: 'model', trigger: 'eval_score_drop', fact: { region: { is: 'eu' } } },
    true,
  ],
  [{ kind: 'model_behavior', cause: 'prompt' }, false],
  [{ cause: 'model', fact: { region: { is: 'us' } } }, false],
])('%j holds: %s', (when, expected) => {
  expect(holds(condition.parse(when), context)).toBe(expected);
});

test('no condition always holds; what is not known yet never matches', () => {
  expect(holds(undefined, context)).toBe(true);
  const unknown: RunbookContext = { kind: 'unknown', facts: {} };
  expect(holds(condition.parse({ cause: 'model' }), unknown)).toBe(false);
  expect(holds(condition.parse({ trigger: 'eval_score_drop' }), unknown)).toBe(false);
  expect(holds(condition.parse({ fact: { region: { in: ['eu'] } } }), unknown)).toBe(false);
});

const check = (id: string, over: object = {}): StepDefinition =>
  step.parse({ id, kind: 'check', phase: 'triage', title: id, ...over });
const steps = [
  check('always'),
  check('for_prompts', { when: { cause: 'prompt' } }),
  check('for_models', { when: { cause: 'model' } }),
  check('later', { phase: 'scope' }),
];
const done: StepState = { status: 'done', outcome: 'ok', by: 'U_ANA', at: new Date('2026-11-21T10:00:00Z') };

test("a phase has its own steps that apply, in the playbook's order", () => {
  const shown = stepsOfPhase(steps, {}, 'triage', context);
  expect(shown.map(({ definition }) => definition.id)).toEqual(['always', 'for_models']);
  expect(stepsOfPhase(steps, {}, 'scope', context).map(({ definition }) => definition.id)).toEqual(['later']);
});

test('a step that was settled stays when its condition no longer holds', () => {
  const shown = stepsOfPhase(steps, { for_prompts: done }, 'triage', context);
  expect(shown.map(({ definition, state }) => [definition.id, state])).toEqual([
    ['always', undefined],
    ['for_prompts', done],
    ['for_models', undefined],
  ]);
});

test('the next step is the first that nobody has settled; skipping settles', () => {
  const next = (states: Record<string, StepState>) =>
    nextStep(stepsOfPhase(steps, states, 'triage', context))?.definition.id;
  expect(next({})).toBe('always');
  expect(next({ always: { ...done, status: 'skipped' } })).toBe('for_models');
  expect(next({ for_models: done })).toBe('always');
  expect(next({ always: done, for_models: done })).toBeUndefined();
});
