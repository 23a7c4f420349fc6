import { z } from 'zod';
import { parseJson } from '../../json.ts';
import type { RangeAnswer } from '../../signals/polling-ports.ts';
import { SECOND } from '../../time.ts';
import { NATIVE_HISTOGRAM, NOT_PROMETHEUS, numberOf, point, refusal, SAID, why } from './parse-answer.ts';

const success = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    // A native histogram has no `values`.
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), values: z.array(point).optional() }),
    ),
  }),
  warnings: z.array(z.string()).optional(),
});

/** What is wrong with the query itself, as Prometheus says with these. */
const QUERY_FAULTS: ReadonlySet<number> = new Set([400, 422]);
/** Series that are named when there are too many. */
const NAMED = 2;

/** The answer to a range query (reference integrations §4.1): the points of its one series, or why there are none. */
export function parseRangeAnswer(status: number, body: string): RangeAnswer {
  const json = parseJson(body);
  const refused = refusal.safeParse(json);
  if (refused.success && QUERY_FAULTS.has(status))
    return { kind: 'fault', reason: `${why(status)}: ${refused.data.error.slice(0, SAID)}` };
  if (status !== 200 || refused.success) return { kind: 'failed', reason: `${why(status)}.` };
  const read = success.safeParse(json);
  if (!read.success) return { kind: 'failed', reason: NOT_PROMETHEUS };
  const { data, warnings = [] } = read.data;
  if (data.result.length > 1)
    return { kind: 'fault', reason: severalSeries(data.result.map(({ metric }) => metric)) };
  if (data.result.some(({ values }) => values === undefined))
    return { kind: 'fault', reason: NATIVE_HISTOGRAM };
  return {
    kind: 'points',
    points: (data.result[0]?.values ?? []).map(([at, value]) => ({
      at: new Date(Math.round(at * SECOND)),
      value: numberOf(value),
    })),
    ...(warnings[0] === undefined ? {} : { warning: warnings[0].slice(0, SAID) }),
  };
}

function severalSeries(all: readonly Readonly<Record<string, string>>[]): string {
  const named = all.slice(0, NAMED).map((labels) => {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return `{${pairs.join(', ')}}`.slice(0, 120);
  });
  return `The query gives ${all.length} series, such as ${named.join(' and ')}; a service has one value. Aggregate them, as in max(…) or sum(…).`;
}
