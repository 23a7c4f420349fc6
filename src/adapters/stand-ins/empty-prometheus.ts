import { type Listening, listen } from './http-exchange.ts';

/** A Prometheus that has no series. */
export function startEmptyPrometheus(): Promise<Listening> {
  return listen(({ path }) => ({
    status: 200,
    body: {
      status: 'success',
      data: { resultType: path.endsWith('/query_range') ? 'matrix' : 'vector', result: [] },
    },
  }));
}
