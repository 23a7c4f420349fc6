import { z } from 'zod';
import { parseJson } from '../../json.ts';
import type { Sample } from '../../runbooks/judge.ts';

/** Unix seconds, and the value as text: `"0.87"`, `"NaN"`, `"+Inf"`. */
export const point = z.tuple([z.number(), z.string()]);
/** What Prometheus answers when it does not answer the query. */
export const refusal = z.object({ status: z.literal('error'), error: z.string().default('') });
const success = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({
      resultType: z.literal('vector'),
      // A native histogram has no `value`.
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: point.optional() })),
    }),
    z.object({ resultType: z.literal('scalar'), result: point }),
    z.object({ resultType: z.literal('string') }),
    z.object({ resultType: z.literal('matrix') }),
  ]),
});

/** Characters of an error that are kept. */
export const SAID = 300;

export const NOT_PROMETHEUS = 'The answer is not that of a Prometheus. Check sources.prometheus.url.';
export const NATIVE_HISTOGRAM =
  'The query gives a native histogram. Take a number of it, such as histogram_quantile().';

/** The answer to an instant query (reference integrations §4.1): its series, or why there are none, in words. */
export function parseQueryAnswer(
  status: number,
  body: string,
): { kind: 'samples'; samples: readonly Sample[] } | { kind: 'failed'; reason: string } {
  const failed = (reason: string) => ({ kind: 'failed' as const, reason });
  const json = parseJson(body);
  const refused = refusal.safeParse(json);
  if (refused.success) return failed(`${why(status)}: ${refused.data.error.slice(0, SAID)}`);
  if (status !== 200) return failed(`${why(status)}.`);
  const read = success.safeParse(json);
  if (!read.success) return failed(NOT_PROMETHEUS);
  const { data } = read.data;
  switch (data.resultType) {
    case 'scalar':
      return { kind: 'samples', samples: [{ labels: {}, value: numberOf(data.result[1]) }] };
    case 'vector': {
      const samples = data.result.flatMap(({ metric, value }) =>
        value === undefined ? [] : [{ labels: metric, value: numberOf(value[1]) }],
      );
      if (samples.length < data.result.length) return failed(NATIVE_HISTOGRAM);
      return { kind: 'samples', samples };
    }
    case 'string':
    case 'matrix':
      return failed(`The query gives a ${data.resultType}, not a number a series.`);
  }
}

/** `NaN`, `+Inf` and `-Inf` too. */
export function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

/** A status other than 200 in words, without a full stop. */
export function why(status: number): string {
  switch (status) {
    case 400:
      return 'Prometheus can’t read the query (400)';
    case 401:
    case 403:
      return `Prometheus refused access (${status}); see sources.prometheus.headers`;
    case 422:
      return 'Prometheus can’t evaluate the query (422)';
    case 503:
      return 'Prometheus gave the query up or is not ready (503)';
    default:
      return `Prometheus, or a proxy before it, answered ${status}`;
  }
}
