import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { EvidenceWanted } from '../../incidents/ports.ts';
import type { RateSums } from '../../triggers/evidence.ts';
import type { Database } from './database.ts';
import { signals } from './tables.ts';

const row = z.object({
  sli: z.string(),
  newest_ms: z.number(),
  without_samples: z.coerce.number(),
  weighted: z.array(z.number().nullable()),
  weight: z.array(z.number().nullable()),
});

/**
 * The sums of each SLI over windows that end now, in one pass over the longest of them. Exact repeats count once, as
 * they do among checks.
 */
export async function readBurnSums(
  database: Database,
  service: string,
  { slis, windows }: NonNullable<EvidenceWanted['burns']>,
  now: Date,
): Promise<ReadonlyMap<string, RateSums>> {
  const since = (ms: number) => sql`${new Date(now.getTime() - ms).toISOString()}::timestamptz`;
  const list = (items: readonly ReturnType<typeof sql>[]) => sql.join([...items], sql`, `);
  const rows = await database.rows(sql`
    select w.sli, round(extract(epoch from max(d.at)) * 1000)::float8 as newest_ms,
      count(*) filter (where d.samples is null) as without_samples,
      array[${list(windows.map((ms) => sql`sum(d.value * d.samples) filter (where d.at > ${since(ms)})`))}]::float8[] as weighted,
      array[${list(windows.map((ms) => sql`sum(d.samples) filter (where d.at > ${since(ms)})`))}]::float8[] as weight
    from unnest(array[${list(slis.map((sli) => sql`${sli}`))}]::text[]) as w (sli)
    cross join lateral (
      select distinct m.at, m.value, m.samples
      from ${signals} m
      where m.type = 'measurement' and m.service = ${service} and m.sli = w.sli
        and m.at > ${since(Math.max(...windows))} and m.at <= ${since(0)}) d
    group by w.sli`);
  return new Map(
    rows.map((each) => {
      const { sli, newest_ms, without_samples, weighted, weight } = row.parse(each);
      const sums = windows.map(
        (ms, index) => [ms, { weighted: weighted[index] ?? 0, weight: weight[index] ?? 0 }] as const,
      );
      return [sli, { windows: new Map(sums), newest: new Date(newest_ms), withoutSamples: without_samples }];
    }),
  );
}
