import { isAppError } from '../../errors.ts';
import {
  type Receipt,
  type ReceiveDeps,
  receiveDelivery,
  type SignalSource,
} from '../../signals/receive-delivery.ts';
import type { Route } from './server.ts';

const MAX_BYTES = 1024 * 1024;

/** Told of every delivery: `failed` when it could not be stored; `seconds` of real time. */
export type ObserveDelivery = (
  source: string,
  outcome: Receipt['outcome'] | 'unauthenticated' | 'failed',
  seconds: number,
) => void;

/** The address a source posts its deliveries to; `:token` in it is what the source may know its sender by. */
export function deliveryRoute(
  path: string,
  source: SignalSource,
  deps: ReceiveDeps & { readonly observe: ObserveDelivery },
): Route {
  return {
    method: 'POST',
    path,
    maxBytes: MAX_BYTES,
    async handle({ headers, params: { token }, body }) {
      const began = performance.now();
      const observe = (outcome: Parameters<ObserveDelivery>[1]): void =>
        deps.observe(source.name, outcome, (performance.now() - began) / 1000);
      try {
        const delivery = { headers, body, ...(token === undefined ? {} : { token }) };
        const { outcome, ...answer } = await receiveDelivery(deps, source, delivery);
        observe(outcome);
        return answer;
      } catch (error) {
        const refused = isAppError(error, 'delivery_unauthenticated') || isAppError(error, 'delivery_stale');
        observe(refused ? 'unauthenticated' : 'failed');
        throw error;
      }
    },
  };
}
