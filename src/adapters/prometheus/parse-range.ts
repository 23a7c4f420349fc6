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
/** The answer to a range query (reference integrations §4.1): its series, or why there are none. */
export function parseRangeAnswer(status: number, body: string): RangeAnswer {
  const json = parseJson(body);
  const refused = refusal.safeParse(json);
  if (refused.success && QUERY_FAULTS.has(status))
    return { kind: 'fault', reason: `${why(status)}: ${refused.data.error.slice(0, SAID)}` };
  if (status !== 200 || refused.success) return { kind: 'failed', reason: `${why(status)}.` };
  const read = success.safeParse(json);
  if (!read.success) return { kind: 'failed', reason: NOT_PROMETHEUS };
  const { data, warnings = [] } = read.data;
  if (data.result.some(({ values }) => values === undefined))
    return { kind: 'fault', reason: NATIVE_HISTOGRAM };
  return {
    kind: 'series',
    series: data.result.map(({ metric, values = [] }) => ({
      labels: metric,
      points: values.map(([at, value]) => ({
        at: new Date(Math.round(at * SECOND)),
        value: numberOf(value),
      })),
    })),
    ...(warnings[0] === undefined ? {} : { warning: warnings[0].slice(0, SAID) }),
  };
}
