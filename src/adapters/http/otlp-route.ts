import type { Receipt, SignalSource } from '../../signals/receive-delivery.ts';
import { deliveryRoute } from './delivery-route.ts';
import type { HttpAnswer, Route } from './server.ts';

/** google.rpc.Code INVALID_ARGUMENT, by which OTLP says that sending it again would not help. */
const INVALID_ARGUMENT = 3;
/** Different reasons told in one answer. */
const REASONS_TOLD = 3;

/** The address of an OTLP/HTTP exporter: JSON only, answered in OTLP's own words (200, partial success, 400). */
export function otlpRoute(
  path: string,
  source: SignalSource,
  deps: Parameters<typeof deliveryRoute>[2],
): Route {
  const route = deliveryRoute(path, source, deps, answer);
  return {
    ...route,
    async handle(request) {
      const type = request.headers['content-type'] ?? '';
      if (/^application\/json\b/i.test(type)) return route.handle(request);
      source.authenticate(request, deps.wallClock.now());
      return {
        status: 415,
        body: {
          code: INVALID_ARGUMENT,
          message:
            'Send OTLP as JSON: `encoding: json` of the otlphttp exporter of a collector, or OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/json of an SDK.',
        },
      };
    },
  };
}

function answer({ outcome, body }: Receipt): HttpAnswer {
  if (outcome === 'unusable')
    return {
      status: 400,
      body: { code: INVALID_ARGUMENT, message: body.note ?? 'The request was not read.' },
    };
  if (body.refused.length === 0)
    // Nothing rejected and a message is OTLP's warning.
    return body.accepted === 0 || body.note === undefined
      ? { status: 200, body: {} }
      : { status: 200, body: { partialSuccess: { rejectedLogRecords: 0, errorMessage: body.note } } };
  const reasons = [...new Set(body.refused.map(({ reason }) => reason))];
  const more = reasons.length - REASONS_TOLD;
  const told = [...reasons.slice(0, REASONS_TOLD), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
  return {
    status: 200,
    body: { partialSuccess: { rejectedLogRecords: body.refused.length, errorMessage: told } },
  };
}
