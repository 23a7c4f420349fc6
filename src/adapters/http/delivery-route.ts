import { type ReceiveDeps, receiveDelivery, type SignalSource } from '../../signals/receive-delivery.ts';
import type { Route } from './server.ts';

const MAX_BYTES = 1024 * 1024;

/** The address a source posts its deliveries to; `:token` in it is what the source may know its sender by. */
export function deliveryRoute(path: string, source: SignalSource, deps: ReceiveDeps): Route {
  return {
    method: 'POST',
    path,
    maxBytes: MAX_BYTES,
    handle: ({ headers, params: { token }, body }) =>
      receiveDelivery(deps, source, { headers, body, ...(token === undefined ? {} : { token }) }),
  };
}
