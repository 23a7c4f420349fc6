import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { CHECKS_AT_ONCE, CHECKS_TO_CONFIRM } from '../../incidents/evidence-wanted.ts';
import type { EvidenceWanted } from '../../incidents/ports.ts';
import { type BaselineSums, NO_SUMS } from '../../triggers/baseline.ts';
import { type Check, inOrder, type SliEvidence } from '../../triggers/evidence.ts';
import type { Database } from './database.ts';
import { incidentTimes, isWithin } from './incident-times.ts';
import { incidents, signals } from './tables.ts';

const checkRow = z.object({
  sli: z.string(),
  at_ms: z.number(),
  value: z.number(),
  samples: z.number().nullable(),
  window_s: z.number().nullable(),
});
const sumsRow = z.object({
  sli: z.string(),
  measurements: z.coerce.number(),
  weighted: z.coerce.number(),
  weight: z.coerce.number(),
});

/**
 * The newest checks of each SLI, and the sums of what was normal before them: what is judged, and the time its SLI is
 * watched over, must not be part of what it is judged by.
 */
export async function readSliEvidence(
  database: Database,
  service: string,
  wanted: EvidenceWanted,
  now: Date,
): Promise<ReadonlyMap<string, SliEvidence>> {
  if (wanted.slis.length === 0) return new Map();
  const from = new Date(now.getTime() - wanted.baselineWindow);
  const [times, found] = await Promise.all([
    incidentTimes(database, service, from),
    newestChecks(database, service, wanted, now),
  ]);
  const checks = new Map(
    [...found].map(([sli, each]) => [
      sli,
      inOrder(each.map((check) => ({ ...check, inIncident: isWithin(check.at, times) }))).filter(
        (check, index, all) => check.at >= from || index === all.length - 1,
      ),
    ]),
  );
  const until = new Map(
    [...checks].flatMap(([sli, each]) => {
      const oldest = each[0];
      const newest = each.at(-1);
      if (oldest === undefined || newest === undefined || !wanted.baselines.has(sli)) return [];
      const watched = new Date(newest.at.getTime() - (wanted.history.get(sli) ?? 0));
      return [[sli, watched < oldest.at ? watched : oldest.at] as const];
    }),
  );
  const before = await sumsBefore(database, service, until, from);
  return new Map(
    [...checks].map(([sli, each]) => [sli, { checks: each, before: before.get(sli) ?? NO_SUMS }]),
  );
}

/**
 * Those of one SLI in any order: for one that is watched over time all of that time, else the newest
 * {@link CHECKS_TO_CONFIRM}; the newest in any case.
 */
async function newestChecks(
  database: Database,
  service: string,
  wanted: EvidenceWanted,
  now: Date,
): Promise<ReadonlyMap<string, readonly Omit<Check, 'inIncident'>[]>> {
  const since = wanted.slis.map((sli) => {
    const back = wanted.history.get(sli);
    return back === undefined ? null : new Date(now.getTime() - back).toISOString();
  });
  const until = now.toISOString();
  const rows = await database.rows(sql`
    select w.sli, round(extract(epoch from s.at) * 1000)::float8 as at_ms, s.value, s.samples, s.window_s
    from unnest(${textArray(wanted.slis)}, ${textArray(since)}::timestamptz[]) as w (sli, since)
    cross join lateral (
      select m.at, m.value, m.samples, (m.signal ->> 'windowSeconds')::float8 as window_s
      from ${signals} m
      where m.type = 'measurement' and m.service = ${service} and m.sli = w.sli and m.at <= ${until}::timestamptz
        and (w.since is null or m.at >= least(w.since, (
          select n.at from ${signals} n
          where n.type = 'measurement' and n.service = ${service} and n.sli = w.sli and n.at <= ${until}::timestamptz
          order by n.at desc limit 1)))
      order by m.at desc
      limit case when w.since is null then ${CHECKS_TO_CONFIRM}::int else ${CHECKS_AT_ONCE}::int end) s`);
  const found = new Map<string, Omit<Check, 'inIncident'>[]>();
  for (const row of rows) {
    const { sli, at_ms, value, samples, window_s } = checkRow.parse(row);
    const check = {
      at: new Date(at_ms),
      value,
      ...(samples === null ? {} : { samples }),
      ...(window_s === null ? {} : { windowSeconds: window_s }),
    };
    const known = found.get(sli);
    if (known === undefined) found.set(sli, [check]);
    else known.push(check);
  }
  return found;
}

/** Sums of each SLI from `from` to a moment of its own, without the times of incidents. */
async function sumsBefore(
  database: Database,
  service: string,
  until: ReadonlyMap<string, Date>,
  from: Date,
): Promise<ReadonlyMap<string, BaselineSums>> {
  const ends = [...until.values()].map((at) => at.toISOString());
  if (until.size === 0) return new Map();
  const rows = await database.rows(sql`
    select s.sli, count(*) as measurements, sum(s.value * coalesce(s.samples, 1)) as weighted, sum(coalesce(s.samples, 1)) as weight
    from unnest(${textArray([...until.keys()])}, ${textArray(ends)}::timestamptz[]) as w (sli, until)
    join ${signals} s on s.type = 'measurement' and s.service = ${service} and s.sli = w.sli
      and s.at >= ${from.toISOString()}::timestamptz and s.at < w.until
    where not exists (
      select 1 from ${incidents} i
      where i.service = s.service and i.phase <> 'cancelled'
        and i.started_at <= s.at and coalesce(i.resolved_at, 'infinity'::timestamptz) >= s.at)
    group by s.sli`);
  return new Map(
    rows.map((row) => {
      const { sli, ...sums } = sumsRow.parse(row);
      return [sli, sums];
    }),
  );
}

/** A text[] of parameters. */
export function textArray(values: readonly (string | null)[]): SQL {
  return sql`array[${sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )}]::text[]`;
}
