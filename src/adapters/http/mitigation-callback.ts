import { z } from 'zod';
import { AppError, isAppError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import type { Mitigation } from '../../mitigations/mitigation.ts';
import type { Answer } from '../../mitigations/record-answer.ts';
import { verifyWebhook } from '../../standard-webhooks.ts';
import type { Clock } from '../../time.ts';
import type { Route } from './server.ts';

const answer = z.object({
  attempt: z.int(),
  status: z.enum(['running', 'succeeded', 'failed']),
  detail: z.string().max(2000).optional(),
});

/** `POST /webhooks/mitigations/:id`: how a mitigation went, signed with that mitigation's own secret. */
export function mitigationCallback(options: {
  find: (id: string) => Promise<Mitigation | undefined>;
  secrets: ReadonlyMap<string, readonly string[]>;
  record: (id: string, answer: Answer) => Promise<boolean>;
  wallClock: Clock;
}): Route {
  return {
    method: 'POST',
    path: '/webhooks/mitigations/:id',
    maxBytes: 64 * 1024,
    async handle({ params, headers, body }) {
      const id = params.id ?? '';
      const mitigation = await options.find(id).catch(databaseAway);
      const secrets = options.secrets.get(mitigation?.definition.secret ?? '') ?? [];
      const verdict = verifyWebhook({
        secrets: [...secrets],
        headers,
        rawBody: body,
        now: options.wallClock.now(),
      });
      // An unknown id gets the same answer as a wrong signature, so that ids can't be found by trying.
      if (mitigation === undefined || !verdict.ok) {
        const stale = !verdict.ok && verdict.reason === 'stale';
        throw new AppError(
          stale ? 'delivery_stale' : 'delivery_unauthenticated',
          stale
            ? 'The signature is older than 5 minutes.'
            : 'The signature does not fit this mitigation. Nothing was stored.',
        );
      }
      const read = answer.safeParse(parseJson(body));
      if (!read.success) {
        throw new AppError(
          'delivery_unreadable',
          'Send {"attempt": 1, "status": "running" | "succeeded" | "failed", "detail": "…"}.',
        );
      }
      const taken = await options.record(id, read.data).catch(databaseAway);
      return { status: taken ? 202 : 200, body: { taken } };
    },
  };
}

/** Senders try again after a 503. */
function databaseAway(error: unknown): never {
  if (isAppError(error)) throw error;
  throw new AppError('database_unavailable', 'The report could not be stored; send it again.', {
    cause: error,
  });
}
