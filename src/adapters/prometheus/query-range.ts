import type { StepReaders } from '../../incidents/step-ports.ts';
import type { RangeAnswer, RangeQuery } from '../../signals/polling-ports.ts';
import { SECOND } from '../../time.ts';
import { parseRangeAnswer } from './parse-range.ts';

/** What a range was too large for is asked again for this long. */
const AGAIN = 4 * SECOND;

/**
 * Range queries by POST, each bounded in time on both sides. Where a range of several moments is too large an answer, its
 * newest moment alone is asked for.
 */
export function createRangeReader(read: StepReaders['read']): (query: RangeQuery) => Promise<RangeAnswer> {
  return async function readRange({ url, headers, query, from, to, step, timeoutMs }): Promise<RangeAnswer> {
    const seconds = (ms: number): string => String(ms / SECOND);
    const answer = await read({
      method: 'POST',
      url: `${url.replace(/\/+$/, '')}/api/v1/query_range`,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        query,
        start: seconds(from.getTime()),
        end: seconds(to.getTime()),
        step: seconds(step),
        timeout: `${seconds(timeoutMs)}s`,
      }).toString(),
      timeoutMs,
    });
    if (answer.kind === 'failed') return answer;
    if (answer.truncated && from < to)
      return readRange({
        ...{ url, headers, query, step },
        from: to,
        to,
        timeoutMs: Math.min(timeoutMs, AGAIN),
      });
    if (answer.truncated)
      return {
        kind: 'fault',
        reason: 'The query gives too many series. Aggregate them, as in max(…) or sum(…).',
      };
    return parseRangeAnswer(answer.status, answer.body);
  };
}
