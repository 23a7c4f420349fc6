import { expect, it } from 'vitest';
import { NOW } from './test-builders.ts';
import { knownVersions } from './version-facts.ts';

const facts = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { value, from: 'signal:ci', at: NOW }]),
  );

it('says what is known of each version and nothing of the others', () => {
  const known = facts({
    current_prompt: 'p7',
    previous_good_model: 'v41',
    current_model: 'v42',
    previous_good_index: 'i1',
    cause: 'model',
  });
  expect(knownVersions(known)).toEqual([
    { what: 'model', current: 'v42', before: 'v41' },
    { what: 'prompt', current: 'p7' },
    { what: 'index', before: 'i1' },
  ]);
});

it('does not call what was brought back its own predecessor', () => {
  expect(knownVersions(facts({ current_model: 'v41', previous_good_model: 'v41' }))).toEqual([
    { what: 'model', current: 'v41' },
  ]);
});
