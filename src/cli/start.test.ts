import { expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { integrationsThatAreOff } from './start.ts';

const off = (env: Record<string, string>) =>
  integrationsThatAreOff(readConfig(env, () => '')).map(({ name, how }) => `${name} ${how}`);

test('what is off is said, with the variables that turn it on', () => {
  expect(off({})).toContain(
    'pagerduty paging off: set PAGERDUTY_API_TOKEN and PAGERDUTY_FROM so that owners are paged; until then nobody is',
  );
  expect(off({})).toContain(
    'pagerduty events off: set PAGERDUTY_ROUTING_KEY so that somebody hears of aire’s own problems when Slack is down',
  );
});

test('what is on is not', () => {
  const env = { PAGERDUTY_API_TOKEN: 'u+AbcDef123456', PAGERDUTY_FROM: 'aire@example.com' };
  expect(off(env).join()).not.toContain('paging');
  expect(off({ PAGERDUTY_ROUTING_KEY: 'R0'.repeat(16) }).join()).not.toContain('events');
});
