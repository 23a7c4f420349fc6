import { expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { integrationsThatAreOff } from './start.ts';

const off = (env: Record<string, string>) =>
  integrationsThatAreOff(readConfig(env, () => '')).map(({ name, how }) => `${name} ${how}`);

test('what is off is said, with the variables that turn it on', () => {
  expect(off({})).toContain(
    'pagerduty paging off: set PAGERDUTY_API_TOKEN and PAGERDUTY_FROM so that owners are paged; until then nobody is',
  );
});

test('what is on is not', () => {
  const env = { PAGERDUTY_API_TOKEN: 'u+AbcDef123456', PAGERDUTY_FROM: 'aire@example.com' };
  expect(off(env).join()).not.toContain('paging');
});
