import { insertSecrets } from '../../insert-values.ts';
import type { Mitigation } from '../../mitigations/mitigation.ts';
import type { MitigationTarget, SendOutcome } from '../../mitigations/ports.ts';
import { signWebhook } from '../../standard-webhooks.ts';
import type { Clock } from '../../time.ts';
import { type Outgoing, OutgoingFailure, type OutgoingResponse } from './outgoing.ts';

/**
 * Sends mitigations: the frozen request with secrets put in, signed by Standard Webhooks, with the mitigation's id as
 * `Idempotency-Key` and `webhook-id`, the same for every try.
 */
export function createMitigationSender(options: {
  outgoing: Outgoing;
  /** By full variable name; the first value is the one to send. */
  secrets: ReadonlyMap<string, readonly string[]>;
  wallClock: Clock;
}): MitigationTarget {
  return {
    async send(mitigation: Mitigation): Promise<SendOutcome> {
      const { request, definition } = mitigation;
      const signing = options.secrets.get(definition.secret)?.[0] ?? '';
      if (signing === '')
        return {
          kind: 'refused',
          detail: `Not sent: the variable ${definition.secret} is not set any more.`,
        };
      const headers = {
        ...insertSecrets(request.headers, options.secrets),
        'content-type': 'application/json',
        'idempotency-key': mitigation.id,
        ...signWebhook({
          secret: signing,
          id: mitigation.id,
          at: options.wallClock.now(),
          body: request.body,
        }),
      };
      try {
        return outcomeOf(
          await options.outgoing.request({
            method: request.method,
            url: request.url,
            headers,
            body: request.body,
          }),
        );
      } catch (error) {
        if (!(error instanceof OutgoingFailure)) throw error;
        if (error.reason === 'host_not_allowed' || error.reason === 'invalid_request')
          return { kind: 'refused', detail: error.message };
        return { kind: error.sent === 'no' ? 'not_sent' : 'ambiguous', detail: error.message };
      }
    },
  };
}

/** 2xx: taken. 429 and 503 say "not now" and 5xx may come after the effect. Every other answer is a no. */
function outcomeOf({ status, body }: OutgoingResponse): SendOutcome {
  if (status >= 200 && status < 300) return { kind: 'accepted', detail: `The target answered ${status}.` };
  const said = body.trim() === '' ? '' : ` ${body.trim().slice(0, 200)}`;
  if (status === 429) return { kind: 'not_sent', detail: 'The target is limiting its rate (429).' };
  if (status >= 500) return { kind: 'ambiguous', detail: `The target answered ${status}.${said}` };
  return { kind: 'refused', detail: `The target refused with ${status}.${said}` };
}
