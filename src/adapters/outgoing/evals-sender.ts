import { evalRunKey, type StartEvals } from '../../incidents/eval-runs.ts';
import { signWebhook } from '../../standard-webhooks.ts';
import type { Clock } from '../../time.ts';
import { type Outgoing, OutgoingFailure } from './outgoing.ts';

/**
 * Posts to evals hooks, signed by Standard Webhooks. Body, `Idempotency-Key` and `webhook-id` are the same for every try
 * of one run.
 */
export function createEvalsSender(options: {
  outgoing: Outgoing;
  /** By full variable name; the first value is the one to send. */
  secrets: ReadonlyMap<string, readonly string[]>;
  wallClock: Clock;
}): StartEvals {
  return async ({ url, secret: variable }, run) => {
    const secret = options.secrets.get(variable)?.[0];
    if (secret === undefined || secret === '')
      return { kind: 'failed', reason: `The variable ${variable} is not set any more.` };
    const id = evalRunKey(run);
    const { service, reason, at, samples } = run;
    const body = JSON.stringify({
      service,
      reason,
      at: at.toISOString(),
      ...(samples === undefined ? {} : { samples }),
    });
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': id,
      ...signWebhook({ secret, id, at: options.wallClock.now(), body }),
    };
    try {
      const { status } = await options.outgoing.request({ method: 'POST', url, headers, body });
      return status >= 200 && status < 300
        ? { kind: 'started' }
        : { kind: 'failed', reason: `${new URL(url).host} answered ${status}.` };
    } catch (error) {
      if (!(error instanceof OutgoingFailure)) throw error;
      return { kind: 'failed', reason: error.message };
    }
  };
}
