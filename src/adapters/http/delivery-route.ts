import { isAppError } from '../../errors.ts';
import {
  type Receipt,
  type ReceiveDeps,
  receiveDelivery,
  type SignalSource,
} from '../../signals/receive-delivery.ts';
import type { HttpAnswer, Route } from './server.ts';

const MAX_BYTES = 1024 * 1024;

/** Told of every delivery: `failed` when it could not be stored; `seconds` of real time. */
export type ObserveDelivery = (
  source: string,
  outcome: Receipt['outcome'] | 'unauthenticated' | 'failed',
  seconds: number,
) => void;

/**
 * The address a source posts its deliveries to; `:token` in it is what the source may know its sender by. `answer` puts
 * the receipt into the words of a protocol that has its own.
 */
export function deliveryRoute(
  path: string,
  source: SignalSource,
  deps: ReceiveDeps & { readonly observe: ObserveDelivery },
  answer: (receipt: Receipt) => HttpAnswer = ({ status, body }) => ({ status, body }),
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
        const receipt = await receiveDelivery(deps, source, delivery);
        observe(receipt.outcome);
        return answer(receipt);
      } catch (error) {
        const refused = isAppError(error, 'delivery_unauthenticated') || isAppError(error, 'delivery_stale');
        observe(refused ? 'unauthenticated' : 'failed');
        throw error;
      }
    },
  };
}
