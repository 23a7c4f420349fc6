import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createStores } from '../../src/adapters/db/stores.ts';
import { type PagerDutyEvents, startPagerDutyEvents } from '../../src/adapters/stand-ins/pagerduty-events.ts';
import { MINUTE } from '../../src/time.ts';
import { operate } from '../support/operation.ts';
import { type TestStage, useStage } from '../support/stage.ts';

const ROUTING_KEY = 'R0secret'.repeat(4);
const stage = useStage();
let events: PagerDutyEvents;
beforeEach(async () => {
  events = await startPagerDutyEvents({ routingKey: ROUTING_KEY });
});
afterEach(() => events.close());

const env = () => ({ PAGERDUTY_ROUTING_KEY: ROUTING_KEY, PAGERDUTY_EVENTS_URL: events.url });
const pages = () => events.alerts().map(({ key, status }) => `${key} ${status}`);
const triggers = () => events.taken().filter((event) => event.startsWith('trigger'));

/** Something that can't be done is already late. */
async function stick(on: TestStage): Promise<void> {
  const { enqueue } = createStores(on.database, on.clock, () => {});
  await enqueue({ kind: 'unknown kind', lane: 'l', payload: {} });
  await on.pass(2 * MINUTE);
}
const unstick = (on: TestStage) =>
  on.database.rows(sql`update jobs set state = 'done' where kind = 'unknown kind'`);

test('Slack is down and the outbox stuck: within three checks somebody is paged, until it is over', async () => {
  const on = await stage();
  const bot = operate(on, env());
  await bot.check();
  on.slack.down(true);
  await stick(on);
  await bot.check(2);
  expect(pages()).toEqual([]);
  await bot.check();
  expect(pages()).toEqual(['aire-self-outbox_stuck triggered']);
  expect(events.alerts()[0]).toMatchObject({
    severity: 'error',
    summary: expect.stringMatching(
      /^aire has a problem, and Slack has not taken its message: Something that aire should do has been waiting for 3 min\./,
    ),
    details: { problem: 'outbox_stuck', since: '2026-11-23 02:44 UTC' },
  });
  await bot.check(3);
  expect(triggers()).toHaveLength(1);

  on.slack.down(false);
  await on.pass(MINUTE);
  await bot.check();
  // Slack says it now too; whoever was paged is not told that it is over before it is.
  expect(on.slack.message('incidents', (m) => m.text.includes('has been waiting')).text).toBeDefined();
  expect(pages()).toEqual(['aire-self-outbox_stuck triggered']);
  await unstick(on);
  await bot.check();
  expect(pages()).toEqual(['aire-self-outbox_stuck resolved']);
});

test('Slack takes the message: nobody is paged (control)', async () => {
  const on = await stage();
  const bot = operate(on, env());
  await stick(on);
  await bot.check(6);
  expect(on.slack.message('incidents', (m) => m.text.includes('has been waiting')).text).toBeDefined();
  expect(triggers()).toEqual([]);
});

test('Slack is there but refuses the message, as in an archived channel: somebody is paged', async () => {
  const on = await stage();
  const bot = operate(on, env());
  on.slack.misbehave('chat.postMessage', 'platform_error:is_archived', 100);
  await stick(on);
  await bot.check(3);
  expect(pages()).toContain('aire-self-outbox_stuck triggered');
});

test('a problem that comes back while Slack has not even heard that it had cleared is paged', async () => {
  const on = await stage();
  const bot = operate(on, env());
  await stick(on);
  await bot.check(3);
  on.slack.down(true);
  await unstick(on);
  await bot.check();
  expect(triggers()).toEqual([]);
  await stick(on);
  await bot.check(3);
  expect(pages()).toEqual(['aire-self-outbox_stuck triggered']);
});

test('two replicas page once, and a successor resolves what its predecessor paged', async () => {
  const on = await stage();
  on.slack.down(true);
  await stick(on);
  const [one, two] = [operate(on, env()), operate(on, env())];
  await one.check(3);
  await two.check(3);
  expect(triggers()).toHaveLength(2);
  expect(pages()).toEqual(['aire-self-outbox_stuck triggered']);
  await unstick(on);
  await operate(on, env()).check();
  expect(pages()).toEqual(['aire-self-outbox_stuck resolved']);
});

test('PagerDuty away too: it is in the log once, and paged when it is back; metrics have it all along', async () => {
  const on = await stage();
  const bot = operate(on, env());
  await bot.check();
  on.slack.down(true);
  await stick(on);
  events.misbehave('error_500', 3);
  await bot.check(5);
  expect(triggers()).toEqual([]);
  expect((await bot.metrics.render()).text).toContain('aire_self_watch_problem{problem="outbox_stuck"} 1');
  await bot.check();
  expect(pages()).toEqual(['aire-self-outbox_stuck triggered']);
  expect(bot.logged.filter((line) => line.includes('could not be told'))).toHaveLength(1);
});

test('a refusal that repeats the routing key does not bring it into the log', async () => {
  const on = await stage();
  const bot = operate(on, env());
  await bot.check();
  on.slack.down(true);
  await stick(on);
  events.misbehave('echo_400', 1);
  await bot.check(6);
  expect(bot.logged.join('')).toContain('PagerDuty answered 400');
  expect(bot.logged.join('')).not.toContain('R0secret');
});

test('without a routing key nothing is sent anywhere, and the log has it', async () => {
  const on = await stage();
  const bot = operate(on, { PAGERDUTY_EVENTS_URL: events.url });
  on.slack.down(true);
  await stick(on);
  await bot.check(4);
  expect(events.taken()).toEqual([]);
  expect(bot.logged.join('')).toContain('aire has a problem of its own');
});
