import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { isAppError } from './errors.ts';
import { decodeWebhookSecret, signWebhook, verifyWebhook } from './standard-webhooks.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const NOW = new Date('2026-11-21T10:00:00Z');
const BODY = '{"signals":[]}';
const rawBody = Buffer.from(BODY);

const seconds = (offset: number) => new Date(NOW.getTime() + offset * 1000);
const signed = (at: Date = NOW, secret = SECRET) => signWebhook({ secret, id: 'msg_1', at, body: BODY });

test('agrees with the reference implementation on any id, body and key', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/),
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ minLength: 24, maxLength: 64 }),
      (id, body, key) => {
        const secret = `whsec_${Buffer.from(key).toString('base64')}`;
        const headers = signWebhook({ secret, id, at: NOW, body });
        expect(headers['webhook-signature']).toBe(new Webhook(secret).sign(id, NOW, body));
        expect(verifyWebhook({ secrets: [secret], headers, rawBody: Buffer.from(body), now: NOW })).toEqual({
          ok: true,
          id,
        });
      },
    ),
  );
});

test('the reference implementation accepts what is signed now', () => {
  const headers = signWebhook({ secret: SECRET, id: 'msg_1', at: new Date(), body: BODY });
  expect(() => new Webhook(SECRET).verify(BODY, headers)).not.toThrow();
  expect(() => new Webhook(OTHER).verify(BODY, headers)).toThrow();
});

test('signs and verifies bytes that are not UTF-8', () => {
  const bytes = randomBytes(200);
  const headers = signWebhook({ secret: SECRET, id: 'msg_1', at: NOW, body: bytes });
  expect(verifyWebhook({ secrets: [SECRET], headers, rawBody: bytes, now: NOW }).ok).toBe(true);
});

test.each([
  [300, true],
  [301, false],
  [-300, true],
  [-301, false],
])('with the sender %i s off, accepted is %s', (offset, ok) => {
  const verdict = verifyWebhook({ secrets: [SECRET], headers: signed(seconds(offset)), rawBody, now: NOW });
  expect(verdict).toEqual(ok ? { ok, id: 'msg_1' } : { ok, reason: 'stale' });
});

test('any of several secrets and any of several signatures will do', () => {
  const headers = { ...signed() };
  headers['webhook-signature'] = `v1a,AAAA v1,AAAA ${headers['webhook-signature']}`;
  expect(verifyWebhook({ secrets: [OTHER, SECRET], headers, rawBody, now: NOW }).ok).toBe(true);
});

test('header names may be in any case', () => {
  const headers = Object.fromEntries(Object.entries(signed()).map(([key, v]) => [key.toUpperCase(), v]));
  expect(verifyWebhook({ secrets: [SECRET], headers, rawBody, now: NOW }).ok).toBe(true);
});

test.each([
  ['another secret', { secrets: [OTHER] }],
  ['no secret', { secrets: [] }],
  ['a changed body', { rawBody: Buffer.from(`${BODY} `) }],
  ['a changed id', { headers: { ...signed(), 'webhook-id': 'msg_2' } }],
  ['a changed time', { headers: { ...signed(), 'webhook-timestamp': '1795255201' } }],
  ['a time that is no number', { headers: { ...signed(), 'webhook-timestamp': 'now' } }],
  ['a signature cut short', { headers: { ...signed(), 'webhook-signature': 'v1,AAAA' } }],
  ['an empty signature', { headers: { ...signed(), 'webhook-signature': 'v1,' } }],
  ['an asymmetric signature', { headers: { ...signed(), 'webhook-signature': 'v1a,AAAA' } }],
])('%s is forged', (_what, change) => {
  const verdict = verifyWebhook({ secrets: [SECRET], headers: signed(), rawBody, now: NOW, ...change });
  expect(verdict).toEqual({ ok: false, reason: 'forged' });
});

test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('without %s it is missing', (name) => {
  const headers = { ...signed(), [name]: undefined };
  expect(verifyWebhook({ secrets: [SECRET], headers, rawBody, now: NOW })).toEqual({
    ok: false,
    reason: 'missing',
  });
});

test('a secret that is not base64, or is empty, is refused rather than used as an empty key', () => {
  for (const secret of ['whsec_', 'whsec_not base64!', 'whsec_abc']) {
    expect(decodeWebhookSecret(secret)).toBeUndefined();
    let thrown: unknown;
    try {
      verifyWebhook({ secrets: [secret], headers: signed(), rawBody, now: NOW });
    } catch (error) {
      thrown = error;
    }
    expect(isAppError(thrown, 'config_invalid')).toBe(true);
  }
});
