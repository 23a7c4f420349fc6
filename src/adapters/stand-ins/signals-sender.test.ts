import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Listening, listen, type Received } from './http-exchange.ts';
import { createSignalsSender } from './signals-sender.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const SIGNAL = { type: 'measurement', id: 'e1', service: 'support-agent', sli: 'x', value: 1 };
let bot: Listening;
let received: Received[];

beforeEach(async () => {
  received = [];
  bot = await listen((request) => {
    received.push(request);
    return { status: 202, body: { accepted: 1, duplicate: 0, refused: [] } };
  });
});

afterEach(() => bot.close());

function verify(request: Received | undefined): unknown {
  return new Webhook(SECRET).verify(request?.body ?? '', { ...request?.headers });
}

describe('createSignalsSender', () => {
  it('posts a signed batch and returns the answer', async () => {
    const answer = await createSignalsSender({ url: bot.url, secret: SECRET }).send([SIGNAL]);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect(received[0]?.path).toBe('/webhooks/signals');
    expect(verify(received[0])).toEqual({ signals: [SIGNAL] });
  });

  it('repeats a delivery under its id', async () => {
    const sender = createSignalsSender({ url: bot.url, secret: SECRET });
    const { webhookId } = await sender.send([SIGNAL]);
    await sender.send([SIGNAL], { webhookId });
    await sender.send([SIGNAL]);
    const ids = received.map((request) => request.headers['webhook-id']);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it.each([
    [{ wrongSecret: true }, 'No matching signature'],
    [{ staleSeconds: 301 }, 'too old'],
  ])('sends what must be refused: %j', async (override, why) => {
    await createSignalsSender({ url: bot.url, secret: SECRET }).send([SIGNAL], override);
    expect(() => verify(received[0])).toThrow(why);
  });

  it('sends an authentic body that cannot be read', async () => {
    await createSignalsSender({ url: bot.url, secret: SECRET }).send([], { raw: '{"signals":' });
    expect(received[0]?.body.toString()).toBe('{"signals":');
    expect(() => verify(received[0])).toThrow(SyntaxError);
  });

  it('says status 0 when nobody answers', async () => {
    const { url } = bot;
    await bot.close();
    const answer = await createSignalsSender({ url, secret: SECRET }).send([SIGNAL]);
    expect(answer.status).toBe(0);
  });
});
