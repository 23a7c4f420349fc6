import { afterEach, expect, test } from 'vitest';
import { post } from './http-exchange.ts';
import { type PagerDutyEvents, startPagerDutyEvents } from './pagerduty-events.ts';

const KEY = 'R'.repeat(32);
const PAYLOAD = { summary: 'It fell', source: 'aire', severity: 'error' };
const TRIGGER = { routing_key: KEY, event_action: 'trigger', dedup_key: 'k1', payload: PAYLOAD };

let events: PagerDutyEvents;
afterEach(() => events.close());
async function send(body: object, type = 'application/json') {
  return post(`${events.url}/v2/enqueue`, { 'content-type': type }, JSON.stringify(body));
}

test('events of one key are about one alert; after it is resolved there is room for the next', async () => {
  events = await startPagerDutyEvents({ routingKey: KEY });
  const resolve = { routing_key: KEY, event_action: 'resolve', dedup_key: 'k1' };
  // Dropped, since nothing is open.
  expect((await send(resolve)).status).toBe(202);
  expect(await send(TRIGGER)).toEqual({
    status: 202,
    body: { status: 'success', message: 'Event processed', dedup_key: 'k1' },
  });
  await send({ ...TRIGGER, payload: { ...PAYLOAD, summary: 'It fell deeper' } });
  expect(events.alerts()).toMatchObject([{ summary: 'It fell deeper', status: 'triggered' }]);
  await send(resolve);
  await send(TRIGGER);
  expect(events.alerts().map((alert) => alert.status)).toEqual(['resolved', 'triggered']);
});

test.each<[string, object, string?]>([
  ['a routing key of another length', { ...TRIGGER, routing_key: 'R' }],
  ['a routing key of nobody', { ...TRIGGER, routing_key: 'X'.repeat(32) }],
  ['a long dedup key', { ...TRIGGER, dedup_key: 'k'.repeat(256) }],
  ['a long summary', { ...TRIGGER, payload: { ...PAYLOAD, summary: 's'.repeat(1025) } }],
  ['an unknown severity', { ...TRIGGER, payload: { ...PAYLOAD, severity: 'SEV1' } }],
  ['a trigger without payload', { ...TRIGGER, payload: undefined }],
  ['a resolve of nothing', { routing_key: KEY, event_action: 'resolve' }],
  ['another content type', TRIGGER, 'text/plain'],
])('%s is refused', async (_what, body, type) => {
  events = await startPagerDutyEvents({ routingKey: KEY });
  expect(await send(body, type)).toMatchObject({ status: 400, body: { status: 'invalid event' } });
  expect(events.alerts()).toEqual([]);
});
