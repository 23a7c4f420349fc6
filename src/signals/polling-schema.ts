import { z } from 'zod';
import { duration } from '../services/quantities.ts';
import { secretName } from '../services/secret-name.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../time.ts';

/** Where something is read or sent: never with a user name or a query, which may hold secrets. */
const webAddress = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '';
}, 'write an address such as http://prometheus:9090, without user name or query');

const every = (least: number, most: number, words: string) =>
  duration.refine((ms) => ms >= least && ms <= most && ms % SECOND === 0, words);

const promql = z.string().trim().min(1).max(4000);
const polledQuery = z.union(
  [promql, z.strictObject({ value: promql, samples: promql })],
  'write a query, or { value: …, samples: … } with a second one that counts what the value rests on',
);

/** A Prometheus, asked by steps of the kind `query`, and for each SLI of `queries` all the time. */
export const prometheusSource = z.strictObject({
  url: webAddress,
  headers: z.record(z.string(), z.string().max(2000)).default({}),
  every: every(15 * SECOND, HOUR, 'write 15s to 1h, in whole seconds').default(MINUTE),
  queries: z
    .record(z.string().min(1).max(100), polledQuery)
    .refine((all) => Object.keys(all).length <= 20, 'name 20 queries at most')
    .default({}),
});
export type PrometheusSource = z.output<typeof prometheusSource>;

const pace = every(MINUTE, DAY, 'write 1m to 1d, in whole seconds');

/** What starts the evals of a service; the results come as measurements. */
export const evalsHook = z.strictObject({
  run: z.strictObject({ url: webAddress, secret: secretName }),
  every: pace.default(HOUR),
  during_incident: pace.optional(),
});
export type EvalsHook = z.output<typeof evalsHook>;
