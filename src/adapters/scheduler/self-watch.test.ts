import { expect, test } from 'vitest';
import { silentLogger } from '../../log.ts';
import { createManualClock, SECOND } from '../../time.ts';
import { createOwnPager, type OwnPage, type OwnPagerOptions } from './own-pager.ts';
import type { OwnFigures } from './own-problems.ts';
import { startSelfWatch } from './self-watch.ts';

const FINE: OwnFigures = {
  oldestDueSeconds: undefined,
  oldestEvaluationSeconds: undefined,
  deadJobs: 0,
  missedReview: undefined,
  unanswered: [],
};

/** A self-watch whose figures and whose PagerDuty are the test's; what it sends is kept, resolves of the start not. */
function watch(
  figures: () => Promise<OwnFigures>,
  send: OwnPagerOptions['send'] = async () => ({ kind: 'ok' }),
) {
  const clock = createManualClock(new Date('2026-11-23T02:42:00Z'));
  const sent: OwnPage[] = [];
  const logged: string[] = [];
  const observed = new Map<string, boolean>();
  const keep = (fields: object, message: string) => logged.push(`${message} ${JSON.stringify(fields)}`);
  const log = { ...silentLogger, warn: keep, error: keep };
  let run = async (): Promise<void> => {};
  startSelfWatch({
    figures,
    shown: async () => [],
    told: async () => new Set(),
    enqueue: async () => {},
    page: createOwnPager({
      send: async (page) => {
        sent.push(page);
        return send(page);
      },
      clock,
      log,
    }),
    observe: (trouble, present) => observed.set(trouble, present),
    log,
    every: (_ms, each) => {
      run = each;
      return async () => {};
    },
    lookTimeout: 20,
  });
  return {
    logged,
    observed,
    async check(times = 1) {
      sent.length = 0;
      for (let n = 0; n < times; n++) {
        await run();
        clock.advance(20 * SECOND);
      }
      return sent.map(({ action, key }) => `${action} ${key}`);
    },
    last: () => sent.at(-1),
  };
}

test.each<[string, () => Promise<OwnFigures>]>([
  ['refuses', () => Promise.reject(new Error('connect ECONNREFUSED'))],
  ['hangs', () => new Promise(() => {})],
])('a database that %s is paged at the second check, since Slack can’t be told', async (_how, away) => {
  let isAway = false;
  const { check, last, observed, logged } = watch(() => (isAway ? away() : Promise.resolve(FINE)));
  await check();
  isAway = true;
  expect(await check()).toEqual([]);
  expect(await check()).toEqual(['trigger aire-self-database_away']);
  expect(last()).toMatchObject({
    summary: expect.stringContaining('The database does not answer'),
    at: new Date('2026-11-23T02:42:20Z'),
    details: { since: '2026-11-23 02:42 UTC' },
  });
  expect(observed.get('database_away')).toBe(true);
  expect(await check(3)).toEqual([]);
  isAway = false;
  expect(await check()).toEqual(['resolve aire-self-database_away']);
  expect(observed.get('database_away')).toBe(false);
  expect(logged.filter((line) => line.startsWith('aire can’t watch itself'))).toHaveLength(1);
});

test('one check without an answer pages nobody (control)', async () => {
  let fails = 0;
  const { check } = watch(async () => {
    if (fails-- > 0) throw new Error('a restart');
    return FINE;
  });
  await check();
  fails = 1;
  expect(await check(3)).toEqual([]);
});

test('a page that does not arrive is sent at each check until it does, and said in the log once', async () => {
  let answer: Awaited<ReturnType<OwnPagerOptions['send']>> = { kind: 'not_now', reason: '500' };
  const { check, logged } = watch(
    async () => ({ ...FINE, deadJobs: 1 }),
    async ({ action }) => (action === 'trigger' ? answer : { kind: 'ok' }),
  );
  await check(2);
  const page = 'trigger aire-self-jobs_dead';
  expect(await check(3)).toEqual([page, page, page]);
  answer = { kind: 'ok' };
  expect(await check(3)).toEqual([page]);
  expect(logged.filter((line) => line.includes('could not be told'))).toEqual([
    expect.stringContaining('"reason":"500"'),
  ]);
});

test('a page that PagerDuty refuses is not repeated, and said in the log once', async () => {
  const { check, logged } = watch(
    async () => ({ ...FINE, deadJobs: 1, oldestEvaluationSeconds: 31 }),
    async () => ({ kind: 'refused', reason: 'Invalid routing key' }),
  );
  await check(2);
  expect(await check(3)).toEqual(['trigger aire-self-jobs_dead', 'trigger aire-self-evaluation_late']);
  // Once for what it resolved at the start, once for its pages.
  expect(logged.filter((line) => line.includes('PagerDuty refuses'))).toEqual([
    expect.stringContaining('"action":"resolve"'),
    expect.stringContaining('"action":"trigger"'),
  ]);
});
