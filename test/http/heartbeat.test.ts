import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Listening, listen } from '../../src/adapters/stand-ins/http-exchange.ts';
import { operate } from '../support/operation.ts';
import { useStage } from '../support/stage.ts';

const stage = useStage();
let beats: string[];
let status: number;
let monitor: Listening;
beforeEach(async () => {
  beats = [];
  status = 200;
  monitor = await listen(({ method, path, body }) => {
    beats.push(`${method} ${path}${body.toString()}`);
    return { status, headers: { location: '/elsewhere' } };
  });
});
afterEach(() => monitor.close());

const env = () => ({ AIRE_HEARTBEAT_URL: `${monitor.url}/k3y`, AIRE_ALLOW_HOSTS: '127.0.0.1' });

test('a healthy bot requests the address each minute, and does not follow where it points', async () => {
  const bot = operate(await stage(), env());
  await bot.beat();
  expect(beats).toEqual(['GET /k3y']);
  status = 302;
  await bot.beat();
  expect(beats).toEqual(['GET /k3y', 'GET /k3y']);
  expect(bot.logged.join('')).toContain('the heartbeat was not taken');
});

test('while the worker hangs or the database is away nothing is requested', async () => {
  const on = await stage();
  const hangs = operate(on, env(), { worker: { sinceLastLook: () => 30_001 } });
  const away = operate(on, env(), {
    database: { ...on.database, ping: () => Promise.reject(new Error('gone')) },
  });
  await hangs.beat();
  await away.beat();
  expect(beats).toEqual([]);
  expect(hangs.logged.join('')).toContain('the worker does not look for jobs');
  expect(away.logged.join('')).toContain('the database does not answer');
});

test('a private address that is not allowed is not requested, and the log says what to add', async () => {
  const { AIRE_HEARTBEAT_URL } = env();
  const bot = operate(await stage(), { AIRE_HEARTBEAT_URL });
  await bot.beat();
  expect(beats).toEqual([]);
  expect(bot.logged.join('')).toContain('set this and restart: AIRE_ALLOW_HOSTS=127.0.0.1');
  expect(bot.logged.join('')).not.toContain('k3y');
});

test('a monitor that is away is in the log, without the address', async () => {
  const bot = operate(await stage(), env());
  await monitor.close();
  await bot.beat();
  expect(bot.logged.join('')).toContain('the heartbeat could not be sent');
  expect(bot.logged.join('')).not.toContain('k3y');
});
