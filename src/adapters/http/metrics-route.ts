import { bearerOf, holderOf, type TokenHolder } from '../../bearer-token.ts';
import { AppError } from '../../errors.ts';
import type { Route } from './server.ts';

/** `GET /metrics`, for those who have one of `AIRE_API_TOKENS`; without any it is off. */
export function metricsRoute(options: {
  clients: readonly TokenHolder[];
  render: () => Promise<{ readonly contentType: string; readonly text: string }>;
}): Route {
  return {
    method: 'GET',
    path: '/metrics',
    maxBytes: 0,
    async handle({ headers }) {
      if (options.clients.length === 0) {
        const error = 'Metrics are off. Set AIRE_API_TOKENS=name=token and restart aire.';
        return { status: 404, body: { error, code: 'not_found' } };
      }
      const token = bearerOf(headers.authorization);
      if (token === undefined || holderOf(options.clients, [token]) === undefined) {
        throw new AppError(
          'delivery_unauthenticated',
          'Send the header “Authorization: Bearer …” with one of AIRE_API_TOKENS.',
        );
      }
      const { contentType, text } = await options.render();
      return { status: 200, body: text, contentType };
    },
  };
}
