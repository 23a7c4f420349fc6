import { expect, it } from 'vitest';
import { NOW } from './test-builders.ts';
import { knownVersions, withNewer } from './version-facts.ts';

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

it('an older change that arrives later does not put the clock back', () => {
  const at = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
  const known = {
    current_model: { value: 'v18', from: 'signal:ci', at: at(-10) },
    previous_good_model: { value: 'v17', from: 'signal:ci', at: at(-10) },
  };
  const older = {
    current_model: { value: 'v17', from: 'signal:ci', at: at(-600) },
    previous_good_model: { value: 'v16', from: 'signal:ci', at: at(-600) },
    current_prompt: { value: 'p1', from: 'signal:ci', at: at(-600) },
  };
  expect(withNewer(known, older)).toEqual({ ...known, current_prompt: older.current_prompt });
  expect(withNewer(older, known)).toEqual({ ...known, current_prompt: older.current_prompt });
});
