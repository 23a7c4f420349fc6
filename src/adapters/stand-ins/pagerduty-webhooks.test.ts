import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../time.ts';
import { type Listening, listen, type Received } from './http-exchange.ts';
import { createPagerDutySender, type PagerDutySender } from './pagerduty-webhooks.ts';

const INCIDENT = { type: 'triggered', id: 'PINC1', title: 'Hallucination rate', urgency: 'high' } as const;
let bot: Listening;
let received: Received[];
let status: number;
let sender: PagerDutySender;

beforeEach(async () => {
  received = [];
  status = 202;
  bot = await listen((request) => {
    received.push(request);
    return { status };
  });
  sender = createPagerDutySender({
    url: bot.url,
    secrets: ['old', 'new'],
    serviceId: 'PSVC1',
    clock: createManualClock(new Date('2026-11-21T10:00:00Z')),
  });
});

afterEach(() => bot.close());

function isSignedWith(secret: string, request: Received | undefined): boolean {
  const expected = `v1=${createHmac('sha256', secret)
    .update(request?.body ?? '')
    .digest('hex')}`;
  return (request?.headers['x-pagerduty-signature'] ?? '').split(',').includes(expected);
}

describe('createPagerDutySender', () => {
  it.each(['triggered', 'acknowledged', 'resolved'] as const)(
    'sends incident.%s in the V3 envelope',
    async (type) => {
      const agent = { id: 'PUSER1', name: 'Ana' };
      const answer = await sender.incident({ ...INCIDENT, type, agent, priority: 'P1' });
      expect(answer.status).toBe(202);
      expect(received[0]?.path).toBe('/webhooks/pagerduty');
      expect(JSON.parse(received[0]?.body.toString() ?? '')).toMatchObject({
        event: {
          event_type: `incident.${type}`,
          resource_type: 'incident',
          occurred_at: '2026-11-21T10:00:00.000Z',
          agent: { id: 'PUSER1', summary: 'Ana' },
          data: {
            id: 'PINC1',
            type: 'incident',
            status: type,
            title: 'Hallucination rate',
            service: { id: 'PSVC1' },
            urgency: 'high',
            priority: { summary: 'P1' },
          },
        },
      });
    },
  );

  it('signs with every secret while one is rotated', async () => {
    await sender.incident(INCIDENT);
    expect(['old', 'new', 'other'].map((secret) => isSignedWith(secret, received[0]))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('signs wrongly when asked to', async () => {
    await sender.incident(INCIDENT, { wrongSignature: true });
    expect(['old', 'new'].some((secret) => isSignedWith(secret, received[0]))).toBe(false);
  });

  it('retries the same bytes under the same webhook id; another webhook has another', async () => {
    status = 503;
    const { webhookId } = await sender.incident(INCIDENT);
    await sender.retry(webhookId);
    await sender.incident(INCIDENT);
    const ids = received.map((request) => request.headers['x-webhook-id']);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(received[1]?.body.equals(received[0]?.body ?? Buffer.alloc(0))).toBe(true);
    await expect(sender.retry('unheard-of')).rejects.toThrow('never sent');
  });

  it('pings, signed like any other', async () => {
    await sender.ping();
    expect(JSON.parse(received[0]?.body.toString() ?? '')).toMatchObject({
      event: { event_type: 'pagey.ping', resource_type: 'pagey', data: { type: 'ping' } },
    });
    expect(isSignedWith('new', received[0])).toBe(true);
  });

  it('sends an authentic body that is unreadable, and one that is too large but readable', async () => {
    await sender.incident(INCIDENT, { unreadable: true });
    await sender.incident(INCIDENT, { oversizedBytes: 300_000 });
    const [unreadable, oversized] = received;
    expect(() => JSON.parse(unreadable?.body.toString() ?? '{}')).toThrow(SyntaxError);
    expect(isSignedWith('new', unreadable)).toBe(true);
    expect(oversized?.body.length).toBe(300_000);
    expect(JSON.parse(oversized?.body.toString() ?? '')).toHaveProperty('event.data.id', 'PINC1');
  });

  it('counts drops in a row, which only 4xx but not 429 are', async () => {
    status = 401;
    await sender.incident(INCIDENT);
    await sender.incident(INCIDENT);
    expect(sender.dropsInARow()).toBe(2);
    status = 429;
    await sender.incident(INCIDENT);
    expect(sender.dropsInARow()).toBe(0);
  });
});
