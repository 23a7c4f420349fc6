import { expect, test } from 'vitest';
import { AppError } from '../../errors.ts';
import { silentLogger } from '../../log.ts';
import { MINUTE } from '../../time.ts';
import { type HeartbeatOptions, startHeartbeat } from './heartbeat.ts';

async function beat(options: Partial<HeartbeatOptions> = {}) {
  const requests: string[] = [];
  const logged: string[] = [];
  let tick = async (): Promise<void> => {};
  let interval = 0;
  startHeartbeat({
    url: 'https://hc.example.com/k3y',
    request: async ({ method, url }) => {
      requests.push(`${method} ${url}`);
      return { status: 200 };
    },
    ping: async () => {},
    sinceLastLook: () => 5000,
    log: {
      ...silentLogger,
      warn: (fields, message) => logged.push(`${message} ${JSON.stringify(fields)}`),
    },
    every: (ms, run) => {
      interval = ms;
      tick = run;
      return async () => {};
    },
    ...options,
  });
  await tick();
  await tick();
  return { requests, logged, interval };
}

test('is sent each minute while the bot is healthy', async () => {
  const { requests, logged, interval } = await beat();
  expect(interval).toBe(MINUTE);
  expect(requests).toEqual(['GET https://hc.example.com/k3y', 'GET https://hc.example.com/k3y']);
  expect(logged).toEqual([]);
});

test.each<[string, Partial<HeartbeatOptions>, string]>([
  ['the database is away', { ping: () => Promise.reject(new Error('gone')) }, 'the database does not answer'],
  ['the worker hangs', { sinceLastLook: () => 30_001 }, 'the worker does not look for jobs'],
  ['the worker never looked', { sinceLastLook: () => Number.POSITIVE_INFINITY }, 'the worker'],
])('is not sent while %s, and the log says why', async (_what, options, words) => {
  const { requests, logged } = await beat(options);
  expect(requests).toEqual([]);
  expect(logged[0]).toContain(words);
});

test.each<[string, HeartbeatOptions['request'], string]>([
  [
    'a refused address',
    () => Promise.reject(new AppError('host_not_allowed', 'set AIRE_ALLOW_HOSTS=10.0.0.5')),
    'AIRE_ALLOW_HOSTS=10.0.0.5',
  ],
  ['an answer that is a no', async () => ({ status: 404 }), '404'],
])('%s is only logged, each time', async (_what, request, words) => {
  const { logged } = await beat({ request });
  expect(logged).toHaveLength(2);
  expect(logged[0]).toContain(words);
  expect(logged.join()).not.toContain('k3y');
});
