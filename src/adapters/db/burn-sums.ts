import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { RateSums } from '../../triggers/evidence.ts';
import type { Database } from './database.ts';
import type { EvidenceAsk } from './evidence-ask.ts';
import { recordset } from './recordset.ts';
import { incidents, signals } from './tables.ts';

const row = z.object({
  n: z.number(),
  sli: z.string(),
  span: z.coerce.number(),
  newest_ms: z.number(),
  without_samples: z.coerce.number(),
  weighted: z.number().nullable(),
  weight: z.number().nullable(),
  answered_ms: z.number().nullable(),
  answered_weighted: z.number().nullable(),
  answered_weight: z.number().nullable(),
});
type Row = z.infer<typeof row>;

/**
 * The sums of each SLI over windows that end now; undefined where none are wanted. Exact repeats count once, as they do
 * among checks. What a resolved incident answers for is apart: what began to be measured before the newest end of an
 * incident that one of the SLI's pairs of windows belonged to (`<trigger>:<sli>:<factor>x`). In the order of `asks`.
 */
export async function readBurnSums(
  database: Database,
  asks: readonly EvidenceAsk[],
): Promise<readonly (ReadonlyMap<string, RateSums> | undefined)[]> {
  const found = await sumsOfWindows(database, asks);
  return asks.map(({ wanted: { burns } }, n) => {
    if (burns === undefined) return undefined;
    const ofAsk = found.filter((each) => each.n === n);
    return new Map(
      burns.slis.flatMap((sli) => {
        const rates = ratesOf(
          burns.windows,
          ofAsk.filter((each) => each.sli === sli),
        );
        return rates === undefined ? [] : [[sli, rates] as const];
      }),
    );
  });
}

/** The sums of one SLI, from short windows to long: those without a measurement are not among them. */
function ratesOf(spans: readonly number[], windows: readonly Row[]): RateSums | undefined {
  const longest = windows.at(-1);
  if (longest === undefined) return undefined;
  const { newest_ms, without_samples, answered_ms } = longest;
  const of = (sums: (window: Row) => readonly [weighted: number | null, weight: number | null]) =>
    new Map(
      spans.map((span) => {
        const window = windows.find((each) => each.span === span);
        const [weighted, weight] = window === undefined ? [] : sums(window);
        return [span, { weighted: weighted ?? 0, weight: weight ?? 0 }];
      }),
    );
  return {
    windows: of(({ weighted, weight }) => [weighted, weight]),
    newest: new Date(newest_ms),
    withoutSamples: without_samples,
    ...(answered_ms === null
      ? {}
      : {
          answered: {
            until: new Date(answered_ms),
            windows: of(({ answered_weighted, answered_weight }) => [answered_weighted, answered_weight]),
          },
        }),
  };
}

async function sumsOfWindows(database: Database, asks: readonly EvidenceAsk[]): Promise<readonly Row[]> {
  const windows = asks.flatMap(({ service, wanted: { burns }, now }, n) => {
    const { slis, windows: spans } = burns ?? { slis: [], windows: [] };
    const since = (span: number): Date => new Date(now.getTime() - span);
    const longest = since(Math.max(...spans));
    return slis.flatMap((sli) =>
      spans.map((span) => ({ n, service, sli, span, since: since(span), longest, until: now })),
    );
  });
  if (windows.length === 0) return [];
  // Only where measurements share a moment do labels matter: all else is read from an index alone.
  const moments = sql`
    select m.at, count(*) as measurements, min(m.value) as value, min(m.samples) as samples, max(coalesce(m.window_s, 0)) as window_s
    from ${signals} m
    where m.type = 'measurement' and m.service = w.service and m.sli = w.sli and m.at > w.since and m.at <= w.until
    group by m.at`;
  const isAnswered = sql`d.at - d.window_s * interval '1 second' < a.until`;
  const rows = await database.often(sql`
    select w.n, w.sli, w.span, round(extract(epoch from max(d.at)) * 1000)::float8 as newest_ms,
      count(*) filter (where d.samples is null) as without_samples,
      sum(d.value * d.samples)::float8 as weighted, sum(d.samples)::float8 as weight,
      round(extract(epoch from a.until) * 1000)::float8 as answered_ms,
      (sum(d.value * d.samples) filter (where ${isAnswered}))::float8 as answered_weighted,
      (sum(d.samples) filter (where ${isAnswered}))::float8 as answered_weight
    from json_to_recordset(${recordset(windows)})
      as w (n int, service text, sli text, span int8, since timestamptz, longest timestamptz, until timestamptz)
    cross join lateral (
      select max(i.resolved_at) as until
      from ${incidents} i
      where i.service = w.service and i.resolved_at > w.longest and i.resolved_at <= w.until
        and exists (
          select 1 from jsonb_array_elements_text(i.findings) f (key)
          where split_part(f.key, ':', 2) = w.sli and split_part(f.key, ':', 3) <> '')) a
    cross join lateral (
      select c.at, c.value, c.samples, c.window_s from (${moments}) c where c.measurements = 1
      union all
      select e.* from (${moments} having count(*) > 1) c
      cross join lateral (
        select r.at, r.value, r.samples, max(coalesce(r.window_s, 0)) as window_s from ${signals} r
        where r.type = 'measurement' and r.service = w.service and r.sli = w.sli and r.at = c.at
        group by r.at, r.value, r.samples, r.signal ->> 'labels') e) d
    group by w.n, w.sli, w.span, a.until
    order by w.span`);
  return rows.map((each) => row.parse(each));
}
