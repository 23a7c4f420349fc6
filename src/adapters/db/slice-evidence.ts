import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { CHECKS_AT_ONCE, CHECKS_TO_CONFIRM, MEASUREMENTS_AT_ONCE } from '../../incidents/evidence-wanted.ts';
import type { EvidenceWanted } from '../../incidents/ports.ts';
import { SECOND } from '../../time.ts';
import { type BaselineSums, NO_SUMS } from '../../triggers/baseline.ts';
import type { Check, History, SlicesEvidence } from '../../triggers/evidence.ts';
import { MISSED, STALE_AFTER } from '../../triggers/freshness.ts';
import { MOST_SLICE_LABELS, MOST_SLICES, type Slice } from '../../triggers/slice.ts';
import type { Database } from './database.ts';
import type { EvidenceAsk } from './evidence-ask.ts';
import { isWithin, type TimeSpan } from './incident-times.ts';
import { checksOf, msOf } from './moments.ts';
import { textArray } from './recordset.ts';
import { incidents, signals } from './tables.ts';

/** Of one SLI: enough for the checks of all slices that may be watched where each has moments of its own. */
const MEASUREMENTS_AT_LEAST = MOST_SLICE_LABELS * MOST_SLICES * CHECKS_TO_CONFIRM;

const checkRow = z.object({
  sli: z.string(),
  label: z.string(),
  slice: z.string(),
  many: z.coerce.number(),
  at_ms: z.number(),
  value: z.number(),
  samples: z.number().nullable(),
  window_s: z.number().nullable(),
  is_cut: z.boolean(),
});
const sumsRow = z.object({
  nth: z.coerce.number(),
  measurements: z.coerce.number(),
  weighted: z.coerce.number(),
  weight: z.coerce.number(),
});

/** One slice of one SLI: what is read of it. */
interface Series extends Pick<History, 'isCut'> {
  readonly sli: string;
  readonly slice: Slice;
  /** How many values of the label were measured lately. */
  readonly many: number;
  readonly checks: Omit<Check, 'inIncident'>[];
}

/** A series by what it is of. */
function keyOf(sli: string, label: string, value: string): string {
  return JSON.stringify([sli, label, value]);
}

/**
 * The newest checks of each slice of each SLI, and the sums of what was normal before them: as `readSliEvidence` reads
 * the whole SLI, one query more each. Values not measured lately are no slices.
 *
 * @param labels by whose values SLIs are cut.
 * @param times of the service's incidents.
 */
export async function readSliceEvidence(
  database: Database,
  { service, wanted, now }: EvidenceAsk,
  labels: readonly string[],
  times: readonly TimeSpan[],
): Promise<SlicesEvidence> {
  if (wanted.slis.length === 0) return { watched: [], unwatched: [] };
  const from = new Date(now.getTime() - wanted.baselineWindow);
  const found = await newestChecks(database, service, wanted, labels, now);
  const series = found.map((each) => ({
    ...each,
    checks: each.checks
      .map((check) => ({ ...check, inIncident: isWithin(check.at, times) }))
      .filter((check, index, all) => check.at >= from || index === all.length - 1),
  }));
  const judged = series.flatMap(({ sli, slice, checks }) => {
    const oldest = checks[0];
    const newest = checks.at(-1);
    if (oldest === undefined || newest === undefined || !wanted.baselines.has(sli)) return [];
    const watched = new Date(newest.at.getTime() - (wanted.history.get(sli) ?? 0));
    return [{ sli, slice, until: watched < oldest.at ? watched : oldest.at }];
  });
  const before = await sumsBefore(database, service, judged, from);
  const beyond = new Map(
    series.flatMap(({ sli, slice: { label }, many }) =>
      many > MOST_SLICES
        ? [[keyOf(sli, label, ''), { sli, label, values: many - MOST_SLICES }] as const]
        : [],
    ),
  );
  return {
    watched: series.map(({ many: _many, sli, slice, ...history }) => ({
      ...{ sli, slice, ...history },
      before: before.get(keyOf(sli, slice.label, slice.value)) ?? NO_SUMS,
    })),
    unwatched: [...beyond.values()],
  };
}

/**
 * Of each label the values measured last; of each the newest {@link CHECKS_TO_CONFIRM} moments, or all of the time that
 * its SLI is watched over; all of them whole moments.
 */
async function newestChecks(
  database: Database,
  service: string,
  wanted: EvidenceWanted,
  labels: readonly string[],
  now: Date,
): Promise<readonly Series[]> {
  const since = wanted.slis.map((sli) => {
    const back = wanted.history.get(sli);
    return back === undefined ? null : new Date(now.getTime() - back).toISOString();
  });
  const until = now.toISOString();
  const measured = sql`m.type = 'measurement' and m.service = ${service} and m.sli = w.sli and m.at <= ${until}::timestamptz`;
  const rows = await database.rows(sql`
    with asked as materialized (
      select w.sli, w.since, coalesce(w.since, (
        select min(k.at) from (
          select b.at from (
            select m.at from ${signals} m where ${measured} order by m.at desc limit ${MEASUREMENTS_AT_ONCE}::int) b
          group by b.at order by b.at desc limit ${CHECKS_TO_CONFIRM}::int) k)) as back
      from unnest(${textArray(wanted.slis)}, ${textArray(since)}::timestamptz[]) as w (sli, since)
    ), bounded as materialized (
      select w.sli, w.since, (
        select m.at from ${signals} m where ${measured} order by m.at desc
        offset greatest(${MEASUREMENTS_AT_LEAST}::int, (
          select count(*) from (
            select from ${signals} m where ${measured} and m.at >= w.back limit ${MEASUREMENTS_AT_ONCE}::int) m))
        limit 1) as beyond
      from asked w
    ), recent as (${checksOf(
      sql`
        select w.sli, w.since, w.beyond >= w.since as is_cut, l.label, m.labels ->> l.label as slice,
          m.at, m.value, m.samples, m.window_s, m.labels
        from bounded w
        cross join lateral (
          select m.at, m.value, m.samples, m.window_s, m.signal -> 'labels' as labels
          from ${signals} m where ${measured} and m.at > coalesce(w.beyond, '-infinity')
          offset 0) m
        cross join unnest(${textArray(labels)}) as l (label)
        where m.labels ->> l.label <> ''`,
      sql`d.sli, d.since, d.is_cut, d.label, d.slice,`,
    )}), named as (
      select sli, label, slice, count(*) over (partition by sli, label) as many,
        row_number() over (partition by sli, label order by max(at) desc, slice collate "C") as place
      from recent
      group by sli, label, slice
      having bool_or(at >= ${until}::timestamptz
        - greatest(${STALE_AFTER / SECOND}::float8, ${MISSED}::int * coalesce(window_s, 0)) * interval '1 second')
    ), numbered as (
      select r.*, n.many, n.place, row_number() over (partition by r.sli, r.label, r.slice order by r.at desc) as nth
      from recent r join named n on n.sli = r.sli and n.label = r.label and n.slice = r.slice
      where n.place <= ${MOST_SLICES}::int
    )
    select sli, label, slice, many, ${msOf(sql`at`)} as at_ms, value, samples, window_s,
      coalesce(is_cut, false) or (since is not null and nth = ${CHECKS_AT_ONCE}::int) as is_cut
    from numbered
    where case when since is null then nth <= ${CHECKS_TO_CONFIRM}::int
      else nth <= ${CHECKS_AT_ONCE}::int and (at >= since or nth = 1) end
    order by sli, label, place, at`);
  const found = new Map<string, Series>();
  for (const row of rows) {
    const { sli, label, slice, many, at_ms, value, samples, window_s, is_cut } = checkRow.parse(row);
    const key = keyOf(sli, label, slice);
    // The oldest says whether there was more.
    const series = found.get(key) ?? {
      ...{ sli, slice: { label, value: slice }, many, checks: [] },
      ...(is_cut ? { isCut: true as const } : {}),
    };
    found.set(key, series);
    series.checks.push({
      at: new Date(at_ms),
      value,
      ...(samples === null ? {} : { samples }),
      ...(window_s === null ? {} : { windowSeconds: window_s }),
    });
  }
  return [...found.values()];
}

/** Sums of each slice from `from` to a moment of its own, without the times of incidents: each measurement read once. */
async function sumsBefore(
  database: Database,
  service: string,
  judged: readonly (Pick<Series, 'sli' | 'slice'> & { readonly until: Date })[],
  from: Date,
): Promise<ReadonlyMap<string, BaselineSums>> {
  if (judged.length === 0) return new Map();
  const latest = new Date(Math.max(...judged.map(({ until }) => until.getTime())));
  // "offset 0" makes the planner read each measurement once and look its slice up, not try every slice on it.
  const rows = await database.rows(sql`
    select w.nth, count(distinct m.at) as measurements, sum(m.value * m.weight) as weighted, sum(m.weight) as weight
    from (
      select s.sli, s.at, s.value, coalesce(s.samples, 1) as weight, l.label, s.signal -> 'labels' ->> l.label as slice
      from ${signals} s
      cross join unnest(${textArray([...new Set(judged.map(({ slice }) => slice.label))])}) as l (label)
      where s.type = 'measurement' and s.service = ${service}
        and s.sli = any(${textArray([...new Set(judged.map(({ sli }) => sli))])})
        and s.at >= ${from.toISOString()}::timestamptz and s.at < ${latest.toISOString()}::timestamptz
        and not exists (
          select 1 from ${incidents} i
          where i.service = s.service and i.phase <> 'cancelled'
            and i.started_at <= s.at and coalesce(i.resolved_at, 'infinity'::timestamptz) >= s.at)
      offset 0) m
    join unnest(
      ${textArray(judged.map(({ sli }) => sli))}, ${textArray(judged.map(({ slice }) => slice.label))},
      ${textArray(judged.map(({ slice }) => slice.value))},
      ${textArray(judged.map(({ until }) => until.toISOString()))}::timestamptz[]
    ) with ordinality as w (sli, label, slice, until, nth)
      on w.sli = m.sli and w.label = m.label and w.slice = m.slice and m.at < w.until
    group by w.nth`);
  return new Map(
    rows.flatMap((row) => {
      const { nth, ...sums } = sumsRow.parse(row);
      const of = judged[nth - 1];
      return of === undefined ? [] : [[keyOf(of.sli, of.slice.label, of.slice.value), sums] as const];
    }),
  );
}
