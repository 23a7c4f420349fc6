import { expect, test } from 'vitest';
import { triggerFields } from './schema.ts';
import { sliceWords, sliFindingKey, sliTitle } from './slice.ts';

test.each([
  ['language', 'de', 'for language de'],
  ['model_version', 'v42-2026.11', 'for model version v42-2026.11'],
  ['tenant', 'Acme GmbH, Köln', 'for tenant “Acme GmbH, Köln”'],
  ['tenant', '<!channel>', 'for tenant “<!channel>”'],
  ['tenant', 'a\n\n*resolved*\u202e\u0000', 'for tenant “a *resolved*”'],
  ['tenant', 'x” for language “y', 'for tenant “x" for language "y”'],
  ['tenant', 'x'.repeat(61), `for tenant “${'x'.repeat(59)}…”`],
  ['tenant', '🙂'.repeat(61), `for tenant “${'🙂'.repeat(59)}…”`],
])('%s %j in words', (label, value, words) => {
  expect(sliceWords({ label, value })).toBe(words);
});

test('two slices never share a key, nor does one share it with its SLI', () => {
  const slices = [
    undefined,
    { label: 'language', value: 'de' },
    { label: 'language', value: 'de}' },
    { label: 'language', value: 'DE' },
    { label: 'lang', value: 'uage=de' },
  ];
  const keys = slices.map((slice) => sliFindingKey('eval_score_drop', 'task_completion_rate', slice));
  expect(keys[1]).toBe('eval_score_drop:task_completion_rate{language=de}');
  expect(new Set(keys).size).toBe(keys.length);
  expect(sliTitle({ title: 'Refusal rate' }, undefined)).toBe('Refusal rate');
});

test.each([
  [['model_version', 'language'], undefined],
  [['a', 'b', 'c', 'd', 'e'], undefined],
  [['a', 'b', 'c', 'd', 'e', 'f'], 'name 5 labels at most'],
  [['language', 'language'], 'name each label once'],
  [['lang=uage'], 'write the name of a label that measurements carry, such as language'],
  [[''], 'write the name of a label that measurements carry, such as language'],
])('baseline: { slices: %j }', (slices, problem) => {
  const read = triggerFields.baseline.safeParse({ slices });
  expect(read.error?.issues.map(({ message }) => message)).toEqual(
    problem === undefined ? undefined : [problem],
  );
});
