import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import type { ServiceDirectory, ServiceIdentity } from '../../services/schema.ts';
import { parseSignals } from '../../signals/parse-signals.ts';
import type { Reading, SignalSource } from '../../signals/receive-delivery.ts';
import { verifyWebhook } from '../../standard-webhooks.ts';

/** Items in one delivery. */
const MAX_ITEMS = 1000;
const envelope = z.object({ signals: z.array(z.unknown()).max(MAX_ITEMS) });

/** `POST /webhooks/signals`: aire's own format, signed by Standard Webhooks; each sender has its own secrets. */
export function signalsSource(options: {
  senders: readonly { readonly name: string; readonly secrets: readonly string[] }[];
  services: ServiceDirectory<ServiceIdentity>;
}): SignalSource {
  return {
    name: 'signals',
    authenticate({ headers, body }, wallTime) {
      if (options.senders.length === 0) {
        throw new AppError(
          'delivery_unauthenticated',
          'Nobody may post signals yet. Set AIRE_SIGNAL_SECRETS=name=whsec_… and restart aire.',
        );
      }
      let stale = false;
      for (const sender of options.senders) {
        const verdict = verifyWebhook({
          secrets: [...sender.secrets],
          headers,
          rawBody: body,
          now: wallTime,
        });
        if (verdict.ok) return { deliveryId: `${sender.name}:${verdict.id}`, sender: sender.name };
        if (verdict.reason === 'missing') {
          throw new AppError(
            'delivery_unauthenticated',
            'The signature is missing. Sign by Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature.',
          );
        }
        stale ||= verdict.reason === 'stale';
      }
      if (stale)
        throw new AppError(
          'delivery_stale',
          "The signature is older than 5 minutes, or from the future. Check the sender's clock and sign each try anew.",
        );
      throw new AppError(
        'delivery_unauthenticated',
        'The signature fits none of AIRE_SIGNAL_SECRETS. Nothing was stored.',
      );
    },
    read(body, sender, now): Reading {
      const read = envelope.safeParse(parseJson(body));
      if (!read.success) {
        return {
          kind: 'unusable',
          reason: `The body is not {"signals": […]} with at most ${MAX_ITEMS} items.`,
        };
      }
      return {
        kind: 'signals',
        ...parseSignals(read.data.signals, { source: sender ?? 'signals', services: options.services, now }),
      };
    },
  };
}
