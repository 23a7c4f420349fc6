import type { QueryAnswer, StepReaders } from '../../incidents/step-ports.ts';
import { SECOND } from '../../time.ts';
import { parseQueryAnswer } from './parse-answer.ts';

/** Instant queries by POST, so that no length of a query is too long for an address. */
export function createPrometheus(read: StepReaders['read']): StepReaders['query'] {
  return async ({ url, headers, query, timeoutMs }): Promise<QueryAnswer> => {
    const base = url.replace(/\/+$/, '');
    const answer = await read({
      method: 'POST',
      url: `${base}/api/v1/query`,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ query, timeout: `${timeoutMs / SECOND}s` }).toString(),
      timeoutMs,
    });
    if (answer.kind === 'failed') return answer;
    if (answer.truncated)
      return { kind: 'failed', reason: 'The query gives too many series. Aggregate them.' };
    const parsed = parseQueryAnswer(answer.status, answer.body);
    if (parsed.kind === 'failed') return parsed;
    return { ...parsed, url: `${base}/graph?${new URLSearchParams({ 'g0.expr': query, 'g0.tab': '1' })}` };
  };
}
