import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { CHECKS_AT_ONCE, MEASUREMENTS_AT_ONCE } from '../../incidents/evidence-wanted.ts';
import type { History } from '../../triggers/evidence.ts';
import type { Slice } from '../../triggers/slice.ts';
import type { Database } from './database.ts';
import { checksOf, msOf } from './moments.ts';
import { signals } from './tables.ts';

const row = z.object({
  is_cut: z.boolean(),
  /** Newest first: when (ms), value, samples, seconds it speaks for. */
  checks: z.array(z.tuple([z.number(), z.number(), z.number().nullable(), z.number().nullable()])).nullable(),
});

/** The checks of an SLI, or of a slice of it, after `since`: as triggers see them, and no more of them than triggers read. */
export async function readChecksSince(
  database: Database,
  { service, sli, since, slice }: { service: string; sli: string; since: Date; slice: Slice | undefined },
): Promise<History> {
  const measured = sql`m.type = 'measurement' and m.service = ${service} and m.sli = ${sli} and m.at > ${since.toISOString()}::timestamptz`;
  const ofSlice =
    slice === undefined ? sql`` : sql`and m.signal -> 'labels' ->> ${slice.label} = ${slice.value}`;
  const [found] = await database.rows(sql`
    with bounded as materialized (
      select (
        select m.at from ${signals} m where ${measured}
        order by m.at desc offset ${MEASUREMENTS_AT_ONCE}::int limit 1) as beyond)
    select bounded.beyond is not null as is_cut, (
      select json_agg(json_build_array(${msOf(sql`c.at`)}, c.value, c.samples, c.window_s)) from (
        ${checksOf(sql`
          select m.at, m.value, m.samples, m.window_s, m.signal -> 'labels' as labels
          from ${signals} m
          where ${measured} ${ofSlice} and m.at > coalesce((select beyond from bounded), '-infinity')`)}
        order by at desc
        limit ${CHECKS_AT_ONCE}::int) c) as checks
    from bounded`);
  const { is_cut, checks } = row.parse(found);
  const read = (checks ?? []).reverse();
  return {
    checks: read.map(([at, value, samples, window]) => ({
      at: new Date(at),
      value,
      ...(samples === null ? {} : { samples }),
      ...(window === null ? {} : { windowSeconds: window }),
      inIncident: true,
    })),
    ...(is_cut || read.length === CHECKS_AT_ONCE ? { isCut: true } : {}),
  };
}
