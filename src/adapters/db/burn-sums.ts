import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { RateSums } from '../../triggers/evidence.ts';
import type { Database } from './database.ts';
import type { EvidenceAsk } from './evidence.ts';
import { recordset } from './recordset.ts';
import { signals } from './tables.ts';

const row = z.object({
  n: z.number(),
  sli: z.string(),
  span: z.coerce.number(),
  newest_ms: z.number(),
  without_samples: z.coerce.number(),
  weighted: z.number().nullable(),
  weight: z.number().nullable(),
});

/**
 * The sums of each SLI over windows that end now; undefined where none are wanted. Exact repeats count once, as they do
 * among checks. In the order of `asks`.
 */
export async function readBurnSums(
  database: Database,
  asks: readonly EvidenceAsk[],
): Promise<readonly (ReadonlyMap<string, RateSums> | undefined)[]> {
  const windows = asks.flatMap(({ service, wanted, now }, n) =>
    (wanted.burns?.slis ?? []).flatMap((sli) =>
      (wanted.burns?.windows ?? []).map((span) => ({
        n,
        service,
        sli,
        span,
        since: new Date(now.getTime() - span),
        until: now,
      })),
    ),
  );
  if (windows.length === 0)
    return asks.map(({ wanted }) => (wanted.burns === undefined ? undefined : new Map()));
  const rows = await database.rows(sql`
    select w.n, w.sli, w.span, round(extract(epoch from max(d.at)) * 1000)::float8 as newest_ms,
      count(*) filter (where d.samples is null) as without_samples,
      sum(d.value * d.samples)::float8 as weighted, sum(d.samples)::float8 as weight
    from json_to_recordset(${recordset(windows)})
      as w (n int, service text, sli text, span int8, since timestamptz, until timestamptz)
    cross join lateral (
      select distinct m.at, m.value, m.samples
      from ${signals} m
      where m.type = 'measurement' and m.service = w.service and m.sli = w.sli and m.at > w.since and m.at <= w.until) d
    group by w.n, w.sli, w.span
    order by w.span`);
  const found = rows.map((each) => row.parse(each));
  return asks.map(({ wanted: { burns } }, n) => {
    if (burns === undefined) return undefined;
    return new Map(
      burns.slis.flatMap((sli) => {
        const ofSli = found.filter((each) => each.n === n && each.sli === sli);
        // The longest window holds all the others.
        const longest = ofSli.at(-1);
        if (longest === undefined) return [];
        const sums = new Map(
          burns.windows.map((span) => {
            const { weighted, weight } = ofSli.find((each) => each.span === span) ?? {};
            return [span, { weighted: weighted ?? 0, weight: weight ?? 0 }];
          }),
        );
        const rates: RateSums = {
          windows: sums,
          newest: new Date(longest.newest_ms),
          withoutSamples: longest.without_samples,
        };
        return [[sli, rates] as const];
      }),
    );
  });
}
