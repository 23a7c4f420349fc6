import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createJobQueue } from '../../src/adapters/db/job-queue.ts';
import { readOperatingFigures } from '../../src/adapters/db/operating-figures.ts';
import { createSlackMessages } from '../../src/adapters/db/slack-messages.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { type SelfWatchOptions, startSelfWatch } from '../../src/adapters/scheduler/self-watch.ts';
import { problemKey } from '../../src/adapters/slack/jobs/self-watch-job.ts';
import { silentLogger } from '../../src/log.ts';
import { MINUTE } from '../../src/time.ts';
import { type TestStage, useStage } from '../support/stage.ts';

const stage = useStage();

/** The self-watch of one process on the stage's database, whose time passes by `check`. */
function watchOf(on: TestStage, options: Partial<SelfWatchOptions> = {}) {
  const { database, clock } = on;
  const store = createStores(database, clock, () => {});
  const messages = createSlackMessages(database);
  const logged: string[] = [];
  const observed = new Map<string, boolean>();
  let run = async (): Promise<void> => {};
  let interval = 0;
  startSelfWatch({
    figures: async () => {
      const { jobs, ...ages } = await readOperatingFigures(database, clock.now());
      return { ...ages, deadJobs: jobs.dead, missedReview: undefined, unanswered: [] };
    },
    shown: async (problems) => {
      const found = await Promise.all(problems.map((problem) => messages.find(problemKey(problem))));
      return problems.filter((_problem, index) => found[index] !== undefined);
    },
    told: async (problems) => new Set(problems),
    enqueue: store.enqueue,
    observe: (problem, present) => observed.set(problem, present),
    log: {
      ...silentLogger,
      info: (fields, message) => logged.push(`${message} ${JSON.stringify(fields)}`),
      error: (fields, message) => logged.push(`${message} ${JSON.stringify(fields)}`),
    },
    every: (ms, each) => {
      interval = ms;
      run = each;
      return async () => {};
    },
    ...options,
  });
  return {
    logged,
    observed,
    interval,
    async check(times = 1) {
      for (let n = 0; n < times; n++) await run();
      await on.app.settle();
    },
  };
}

const giveUpOnOne = (on: TestStage) =>
  on.database.rows(
    sql`insert into jobs (kind, lane, coalesce, payload_version, payload, state, due_at, attempts, created_at, error)
      values ('k', 'l', false, 1, '{}', 'dead', now(), 12, now(), 'no') returning id`,
  );
const mend = (on: TestStage) => on.database.rows(sql`update jobs set state = 'done' where state = 'dead'`);
const posted = (on: TestStage) => on.slack.calls('chat.postMessage').length;
const says = (on: TestStage, words: string) => on.slack.message('incidents', (m) => m.text.includes(words));

test('what stays wrong is said within a minute, once, and the message says when it has cleared', async () => {
  const on = await stage();
  const watch = watchOf(on);
  await watch.check();
  expect(watch.observed.get('jobs_dead')).toBe(false);
  await giveUpOnOne(on);
  await watch.check();
  expect(posted(on)).toBe(0);
  expect(watch.observed.get('jobs_dead')).toBe(true);
  await watch.check();
  // An injected interval: two checks are 40 s.
  expect(2 * watch.interval).toBeLessThan(MINUTE);
  const message = says(on, 'aire gave up on 1 job');
  expect(message.text).toContain('`aire outbox retry &lt;id&gt;`');
  await watch.check(5);
  expect(posted(on)).toBe(1);
  await mend(on);
  await watch.check();
  expect(says(on, 'Cleared').ts).toBe(message.ts);
  await watch.check(3);
  expect(posted(on)).toBe(1);
  expect(watch.logged.map((line) => line.split(' {')[0])).toEqual([
    'aire has a problem of its own',
    'a problem of aire has cleared',
  ]);

  await giveUpOnOne(on);
  await watch.check(2);
  expect(posted(on)).toBe(2);
  expect(says(on, 'gave up on 1 job').ts).not.toBe(message.ts);
});

test('a healthy bot says nothing (control)', async () => {
  const on = await stage();
  const watch = watchOf(on);
  await watch.check(5);
  expect(posted(on)).toBe(0);
  expect(watch.logged).toEqual([]);
});

test('replicas share one message, and a successor clears what its predecessor said', async () => {
  const on = await stage();
  const [one, two] = [watchOf(on), watchOf(on)];
  await giveUpOnOne(on);
  await one.check(2);
  await two.check(2);
  expect(posted(on)).toBe(1);
  await mend(on);
  await watchOf(on).check();
  expect(says(on, 'Cleared').text).toContain('there are no jobs any more that aire gave up on');
});

test('a stuck job is in the log and the figures also while Slack is the fault, and is told when Slack is back', async () => {
  const on = await stage();
  const watch = watchOf(on);
  const store = createStores(on.database, on.clock, () => {});
  await store.enqueue({ kind: 'unknown kind', lane: 'l', payload: {} });
  on.slack.down(true);
  await on.pass(2 * MINUTE);
  await watch.check(2);
  expect(watch.logged.join()).toMatch(/has a problem of its own .*outbox_stuck/);
  expect(watch.observed.get('outbox_stuck')).toBe(true);
  on.slack.down(false);
  await on.pass(MINUTE);
  expect(says(on, 'has been waiting for').text).toContain('rotating_light');
});

test('when it can not look, it says so once', async () => {
  const on = await stage();
  let away = true;
  const watch = watchOf(on, {
    figures: async () => {
      if (away) throw new Error('connection refused');
      const queue = createJobQueue(on.database);
      return {
        oldestDueSeconds: undefined,
        oldestEvaluationSeconds: undefined,
        deadJobs: (await queue.listDead(1)).length,
        missedReview: undefined,
        unanswered: [],
      };
    },
  });
  await watch.check(3);
  away = false;
  await watch.check(2);
  expect(watch.logged).toHaveLength(2);
  expect(watch.logged[0]).toContain('connection refused');
});
