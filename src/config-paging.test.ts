import { expect, test } from 'vitest';
import { readConfig, secretValues } from './config.ts';
import { messageOf } from './errors.ts';

const TOKEN = 'u+AbcDef123456';
const FROM = 'aire@example.com';
const read = (env: Record<string, string>) => readConfig(env, () => TOKEN);
function faultsOf(env: Record<string, string>): string[] {
  try {
    read(env);
  } catch (error) {
    return messageOf(error).split('\n');
  }
  return [];
}

test('the key, the user and the address of PagerDuty; the first of several keys is sent, all are secret', () => {
  const env = { PAGERDUTY_API_TOKEN: `${TOKEN},old-token-1`, PAGERDUTY_FROM: FROM };
  expect(read(env).pagerduty.paging).toEqual({
    tokens: [TOKEN, 'old-token-1'],
    from: FROM,
    apiUrl: 'https://api.pagerduty.com',
  });
  expect(secretValues(read(env))).toEqual([TOKEN, 'old-token-1']);
  const file = { PAGERDUTY_API_TOKEN_FILE: '/run/key', PAGERDUTY_FROM: FROM };
  expect(read({ ...file, PAGERDUTY_API_URL: 'https://api.eu.pagerduty.com' }).pagerduty.paging).toEqual({
    tokens: [TOKEN],
    from: FROM,
    apiUrl: 'https://api.eu.pagerduty.com',
  });
});

test('without both nobody is paged; an address alone is no fault', () => {
  expect(read({}).pagerduty.paging).toBeUndefined();
  expect(read({ PAGERDUTY_API_URL: 'https://api.pagerduty.com' }).pagerduty.paging).toBeUndefined();
});

test('one without the other is a fault of the one that is missing', () => {
  expect(faultsOf({ PAGERDUTY_API_TOKEN: TOKEN })).toEqual([
    'PAGERDUTY_FROM: is missing although PAGERDUTY_API_TOKEN is set; give the email address of the PagerDuty user in whose name aire pages',
  ]);
  expect(faultsOf({ PAGERDUTY_FROM: FROM })).toEqual([
    'PAGERDUTY_API_TOKEN: is missing although PAGERDUTY_FROM is set; give a REST API key, or remove PAGERDUTY_FROM to page nobody',
  ]);
});

test('the routing key for its own problems needs nothing else; the first of several is sent, all are secret', () => {
  const [now, old] = ['R0'.repeat(16), 'R1'.repeat(16)];
  const config = read({ PAGERDUTY_ROUTING_KEY: `${now},${old}` });
  expect(config.pagerduty).toEqual({
    webhookSecrets: [],
    ownEvents: { routingKeys: [now, old], url: 'https://events.pagerduty.com' },
  });
  expect(secretValues(config)).toEqual([now, old]);
  const eu = { PAGERDUTY_ROUTING_KEY: now, PAGERDUTY_EVENTS_URL: 'https://events.eu.pagerduty.com' };
  expect(read(eu).pagerduty.ownEvents?.url).toBe('https://events.eu.pagerduty.com');
  expect(read({ PAGERDUTY_EVENTS_URL: 'https://events.pagerduty.com' }).pagerduty.ownEvents).toBeUndefined();
});

test('what is wrong is said once, without the key', () => {
  const faults = faultsOf({ PAGERDUTY_API_TOKEN: 'Token token=hunter2', PAGERDUTY_FROM: FROM });
  expect(faults).toEqual([expect.stringMatching(/^PAGERDUTY_API_TOKEN: is not an API key; /)]);
  expect(faults.join()).not.toContain('hunter2');
  expect(faultsOf({ PAGERDUTY_API_TOKEN: TOKEN, PAGERDUTY_FROM: 'Aire' })).toEqual([
    'PAGERDUTY_FROM: `Aire` is not one email address; give it as name@example.com',
  ]);
  const routing = faultsOf({ PAGERDUTY_ROUTING_KEY: 'hunter2' });
  expect(routing).toEqual([
    expect.stringMatching(/^PAGERDUTY_ROUTING_KEY: is not an integration key of 32 /),
  ]);
  expect(routing.join()).not.toContain('hunter2');
  expect(faultsOf({ PAGERDUTY_API_URL: 'https://api.pagerduty.com/v2' })[0]).toMatch(
    /^PAGERDUTY_API_URL: has a path/,
  );
});
