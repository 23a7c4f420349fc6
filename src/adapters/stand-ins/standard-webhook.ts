import { Webhook } from 'standardwebhooks';
import { newId } from '../../ids.ts';
import { SECOND } from '../../time.ts';
import { type Answered, post } from './http-exchange.ts';

/** Well formed, and not the secret of anybody. */
const WRONG_SECRET = `whsec_${Buffer.from('a secret that nobody configured.').toString('base64')}`;

/** Ways to send a delivery that a careful receiver refuses or recognises. */
export interface WebhookOverride {
  /** Signs with a secret the receiver does not have. */
  readonly wrongSecret?: boolean;
  /** Dates the delivery this many seconds back; the tolerance is 300 (reference §3.5). */
  readonly staleSeconds?: number;
  /** Sends the same delivery id again. */
  readonly webhookId?: string;
}

/** The answer, and the delivery id it was for: send that id again to make a duplicate. */
export interface WebhookAnswer extends Answered {
  readonly webhookId: string;
}

/** Posts `body` signed by Standard Webhooks (reference §3.5): `webhook-id`, `-timestamp`, `-signature`. */
export async function postStandardWebhook(
  url: string,
  secret: string,
  body: string,
  override: WebhookOverride = {},
): Promise<WebhookAnswer> {
  const webhookId = override.webhookId ?? newId('msg');
  // Signatures are about wall time, whatever time it is in the story.
  const at = new Date(Date.now() - (override.staleSeconds ?? 0) * SECOND);
  const signature = new Webhook(override.wrongSecret ? WRONG_SECRET : secret).sign(webhookId, at, body);
  const answered = await post(
    url,
    {
      'content-type': 'application/json',
      'webhook-id': webhookId,
      'webhook-timestamp': String(Math.floor(at.getTime() / SECOND)),
      'webhook-signature': signature,
    },
    body,
  );
  return { ...answered, webhookId };
}
