import type { Route } from './server.ts';

/** `GET /healthz`: alive. `GET /readyz`: the database answers; nothing else, since Slack being down must not stop ingest. */
export function healthRoutes(database: { ping(): Promise<void> }): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      maxBytes: 0,
      handle: async () => ({ status: 200, body: { status: 'alive' } }),
    },
    {
      method: 'GET',
      path: '/readyz',
      maxBytes: 0,
      handle: async () => {
        try {
          await database.ping();
          return { status: 200, body: { status: 'ready' } };
        } catch {
          return { status: 503, body: { status: 'not ready', reason: 'the database does not answer' } };
        }
      },
    },
  ];
}
