import type { StepReaders } from '../../incidents/step-ports.ts';
import type { RangeAnswer, RangeQuery } from '../../signals/polling-ports.ts';
import { SECOND } from '../../time.ts';
import { parseRangeAnswer } from './parse-range.ts';

/** Range queries by POST, each bounded in time on both sides. */
export function createRangeReader(read: StepReaders['read']): (query: RangeQuery) => Promise<RangeAnswer> {
  return async ({ url, headers, query, from, to, step, timeoutMs }) => {
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
    if (answer.truncated)
      return {
        kind: 'fault',
        reason: 'The query gives too many series. Aggregate them, as in max(…) or sum(…).',
      };
    return parseRangeAnswer(answer.status, answer.body);
  };
}
