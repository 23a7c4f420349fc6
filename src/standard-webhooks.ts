import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from './errors.ts';

/** Headers of an HTTP message as Node delivers them; names may be in any case. */
export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface WebhookToSign {
  /** `whsec_` and base64. */
  readonly secret: string;
  /** The idempotency key: the same for every attempt to deliver the same message. */
  readonly id: string;
  readonly at: Date;
  readonly body: string | Uint8Array;
}

export interface WebhookToVerify {
  /** Any of these may have signed: a sender has two while it rotates. */
  readonly secrets: readonly string[];
  readonly headers: HeaderFields;
  /** The bytes as they came, before parsing. */
  readonly rawBody: Uint8Array;
  readonly now: Date;
  /** How far the sender's clock may be off, in either direction. Default 300. */
  readonly toleranceSeconds?: number;
}

/** `stale`: authentic but too old or too new. `forged`: no signature matches any secret. */
export type WebhookVerdict =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly reason: 'missing' | 'stale' | 'forged' };

const PREFIX = 'whsec_';
const TOLERANCE_SECONDS = 300;

/** The key of a `whsec_…` secret, or undefined when the rest is not base64 or is empty (reference integrations §3.5). */
export function decodeWebhookSecret(secret: string): Buffer | undefined {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  if (encoded === '' || encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  return Buffer.from(encoded, 'base64');
}

/**
 * The three Standard Webhooks headers for a message (reference integrations §3.5).
 *
 * @throws AppError `config_invalid` when the secret is not `whsec_` and base64.
 */
export function signWebhook(message: WebhookToSign): {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
} {
  const timestamp = String(Math.floor(message.at.getTime() / 1000));
  const signature = hmac(message.secret, message.id, timestamp, message.body).toString('base64');
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}

/**
 * Whether a message was signed by a holder of one of the secrets, recently.
 *
 * @throws AppError `config_invalid` when a secret is not `whsec_` and base64.
 */
export function verifyWebhook(message: WebhookToVerify): WebhookVerdict {
  const id = header(message.headers, 'webhook-id');
  const timestamp = header(message.headers, 'webhook-timestamp');
  const signatures = header(message.headers, 'webhook-signature');
  if (id === undefined || timestamp === undefined || signatures === undefined) {
    return { ok: false, reason: 'missing' };
  }
  if (!/^\d{1,12}$/.test(timestamp)) return { ok: false, reason: 'forged' };

  const given = signatures
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice('v1,'.length), 'base64'));
  const expected = message.secrets.map((secret) => hmac(secret, id, timestamp, message.rawBody));
  const authentic = expected.some((a) => given.some((b) => a.length === b.length && timingSafeEqual(a, b)));
  if (!authentic) return { ok: false, reason: 'forged' };

  // After the signature, so that `stale` always means a clock or a replay, never a wrong secret.
  const distance = Math.abs(message.now.getTime() / 1000 - Number(timestamp));
  const tolerance = message.toleranceSeconds ?? TOLERANCE_SECONDS;
  return distance > tolerance ? { ok: false, reason: 'stale' } : { ok: true, id };
}

function hmac(secret: string, id: string, timestamp: string, body: string | Uint8Array): Buffer {
  const key = decodeWebhookSecret(secret);
  if (key === undefined) {
    throw new AppError(
      'config_invalid',
      'A webhook signing secret is not `whsec_` followed by base64. Copy it again from where it was created.',
    );
  }
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}

function header(headers: HeaderFields, name: string): string | undefined {
  const value = headers[name] ?? Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
