import type { Answered } from './http-exchange.ts';
import { postStandardWebhook, type WebhookAnswer, type WebhookOverride } from './standard-webhook.ts';

/** How to send a batch wrongly; `raw` replaces the body, still signed. */
export interface SignalsOverride extends WebhookOverride {
  readonly raw?: string;
}

/** A system that reports signals about an AI service. */
export interface SignalsSender {
  /** Posts `{signals:[…]}` to `/webhooks/signals` (design §7). `webhookId` in the answer names the delivery. */
  send(
    signals: readonly Readonly<Record<string, unknown>>[],
    override?: SignalsOverride,
  ): Promise<WebhookAnswer>;
}

export type { Answered, WebhookAnswer };

/** A sender for the bot at `url` (its base address), signing with `secret` (`whsec_…`). */
export function createSignalsSender(options: {
  readonly url: string;
  readonly secret: string;
}): SignalsSender {
  const address = new URL('/webhooks/signals', options.url).href;
  return {
    send: (signals, override = {}) =>
      postStandardWebhook(address, options.secret, override.raw ?? JSON.stringify({ signals }), override),
  };
}
