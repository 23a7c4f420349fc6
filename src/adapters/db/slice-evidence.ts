import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { CHECKS_AT_ONCE, CHECKS_TO_CONFIRM } from '../../incidents/evidence-wanted.ts';
import type { EvidenceWanted } from '../../incidents/ports.ts';
import { SECOND } from '../../time.ts';
import { type BaselineSums, NO_SUMS } from '../../triggers/baseline.ts';
import { type Check, inOrder, type SlicesEvidence } from '../../triggers/evidence.ts';
import { MISSED, STALE_AFTER } from '../../triggers/freshness.ts';
import { MOST_SLICE_LABELS, MOST_SLICES, type Slice } from '../../triggers/slice.ts';
import type { Database } from './database.ts';
import type { EvidenceAsk } from './evidence.ts';
import { isWithin, type TimeSpan } from './incident-times.ts';
import { textArray } from './recordset.ts';
import { incidents, signals } from './tables.ts';

/** Of one SLI: enough for the checks of all slices that may be watched, whatever floods in. */
const MEASUREMENTS_AT_ONCE = MOST_SLICE_LABELS * MOST_SLICES * CHECKS_TO_CONFIRM;

const checkRow = z.object({
  sli: z.string(),
  label: z.string(),
  slice: z.string(),
  many: z.coerce.number(),
  at_ms: z.number(),
  value: z.number(),
  samples: z.number().nullable(),
  window_s: z.number().nullable(),
  series: z.string(),
});
const sumsRow = z.object({
  nth: z.coerce.number(),
  measurements: z.coerce.number(),
  weighted: z.coerce.number(),
  weight: z.coerce.number(),
});

/** One slice of one SLI: what is read of it. */
interface Series {
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
    checks: inOrder(each.checks.map((check) => ({ ...check, inIncident: isWithin(check.at, times) }))).filter(
      (check, index, all) => check.at >= from || index === all.length - 1,
    ),
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
    watched: series.map(({ sli, slice, checks }) => ({
      sli,
      slice,
      checks,
      before: before.get(keyOf(sli, slice.label, slice.value)) ?? NO_SUMS,
    })),
    unwatched: [...beyond.values()],
  };
}

/**
 * Of each label the values measured last; of each the newest {@link CHECKS_TO_CONFIRM} moments, or all of the time that
 * its SLI is watched over.
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
  const rows = await database.rows(sql`
    with recent as (
      select w.sli, w.since, m.at, m.value, m.samples, m.window_s, m.labels::text as series, l.label, m.labels ->> l.label as slice
      from unnest(${textArray(wanted.slis)}, ${textArray(since)}::timestamptz[]) as w (sli, since)
      cross join lateral (
        select s.at, s.value, s.samples, (s.signal ->> 'windowSeconds')::float8 as window_s, s.signal -> 'labels' as labels
        from ${signals} s
        where s.type = 'measurement' and s.service = ${service} and s.sli = w.sli and s.at <= ${until}::timestamptz
        order by s.at desc
        limit ${MEASUREMENTS_AT_ONCE}::int) m
      cross join unnest(${textArray(labels)}) as l (label)
      where m.labels ->> l.label <> ''
    ), named as (
      select sli, label, slice, count(*) over (partition by sli, label) as many,
        row_number() over (partition by sli, label order by max(at) desc, slice collate "C") as place
      from recent
      group by sli, label, slice
      having bool_or(at >= ${until}::timestamptz
        - greatest(${STALE_AFTER / SECOND}::float8, ${MISSED}::int * coalesce(window_s, 0)) * interval '1 second')
    ), numbered as (
      select r.*, n.many, n.place, dense_rank() over (partition by r.sli, r.label, r.slice order by r.at desc) as nth
      from recent r join named n on n.sli = r.sli and n.label = r.label and n.slice = r.slice
      where n.place <= ${MOST_SLICES}::int
    )
    select sli, label, slice, many, round(extract(epoch from at) * 1000)::float8 as at_ms, value, samples, window_s, series
    from numbered
    where case when since is null then nth <= ${CHECKS_TO_CONFIRM}::int
      else nth <= ${CHECKS_AT_ONCE}::int and (at >= since or nth = 1) end
    order by sli, label, place`);
  const found = new Map<string, Series>();
  for (const row of rows) {
    const {
      sli,
      label,
      slice,
      many,
      at_ms,
      value,
      samples,
      window_s,
      series: labelled,
    } = checkRow.parse(row);
    const key = keyOf(sli, label, slice);
    const series = found.get(key) ?? { sli, slice: { label, value: slice }, many, checks: [] };
    found.set(key, series);
    series.checks.push({
      at: new Date(at_ms),
      value,
      ...(samples === null ? {} : { samples }),
      ...(window_s === null ? {} : { windowSeconds: window_s }),
      series: labelled,
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
    select w.nth, count(*) as measurements, sum(m.value * m.weight) as weighted, sum(m.weight) as weight
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
