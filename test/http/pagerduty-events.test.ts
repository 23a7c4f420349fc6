import { afterEach, expect, it } from 'vitest';
import { type PagerDutyEvent, sendEvent } from '../../src/adapters/pagerduty/events.ts';
import {
  type EventsFault,
  type PagerDutyEvents,
  startPagerDutyEvents,
} from '../../src/adapters/stand-ins/pagerduty-events.ts';

const KEY = 'R0secret'.repeat(4);
const AT = new Date('2026-11-23T02:42:00Z');
const TRIGGER: PagerDutyEvent = {
  action: 'trigger',
  key: 'aire-self-jobs_dead',
  summary: 'aire gave up on 1 job.',
  at: AT,
  details: { since: '2026-11-23 02:42 UTC' },
};
let api: PagerDutyEvents;
afterEach(() => api.close());

async function service(routingKey = KEY) {
  api = await startPagerDutyEvents({ routingKey });
  return (event: PagerDutyEvent, timeout = 2000) =>
    sendEvent({ routingKey: KEY, url: api.url, timeout }, event);
}

it('triggers one alert however often it is sent, and resolves it', async () => {
  const send = await service();
  expect(await send(TRIGGER)).toEqual({ kind: 'ok' });
  expect(await send(TRIGGER)).toEqual({ kind: 'ok' });
  expect(api.alerts()).toEqual([
    {
      key: 'aire-self-jobs_dead',
      summary: 'aire gave up on 1 job.',
      severity: 'error',
      timestamp: AT.toISOString(),
      details: { since: '2026-11-23 02:42 UTC' },
      status: 'triggered',
    },
  ]);
  expect(await send({ action: 'resolve', key: TRIGGER.key })).toEqual({ kind: 'ok' });
  expect(api.alerts()).toMatchObject([{ status: 'resolved' }]);
});

it('cuts a summary that PagerDuty would refuse', async () => {
  const send = await service();
  expect(await send({ ...TRIGGER, summary: 'x'.repeat(2000) })).toEqual({ kind: 'ok' });
});

it.each<[EventsFault, string]>([
  ['rate_limited', '429'],
  ['error_500', '500'],
  ['html_502', '502'],
  // Of a captive portal, say: nobody took the event.
  ['html_200', '200'],
  ['drop', 'could not be reached'],
  ['hang', 'did not answer in time'],
])('%s may be tried again', async (fault, words) => {
  const send = await service();
  api.misbehave(fault, 1);
  const answer = await send(TRIGGER, fault === 'hang' ? 50 : undefined);
  expect(answer).toEqual({ kind: 'not_now', reason: expect.stringContaining(words) });
  expect(await send(TRIGGER)).toEqual({ kind: 'ok' });
});

it('a server that is not there may be tried again, and is named by what went wrong', async () => {
  const send = await service();
  await api.close();
  expect(await send(TRIGGER)).toMatchObject({
    kind: 'not_now',
    reason: expect.stringContaining('ECONNREFUSED'),
  });
});

it('a wrong key is refused for good, in words that say what to look at', async () => {
  const send = await service('another0'.repeat(4));
  expect(await send(TRIGGER)).toEqual({
    kind: 'refused',
    reason: expect.stringMatching(
      /^PagerDuty answered 400: .*Invalid routing key.*PAGERDUTY_ROUTING_KEY must be/,
    ),
  });
});

it('the key is in no reason, also when PagerDuty repeats it', async () => {
  const send = await service();
  api.misbehave('echo_400', 1);
  const answer = await send(TRIGGER);
  expect(answer).toMatchObject({ kind: 'refused', reason: expect.stringContaining('routing_key') });
  expect(JSON.stringify(answer)).not.toContain('R0secret');
});
