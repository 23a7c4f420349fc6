import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { CHECKS_AT_ONCE, CHECKS_TO_CONFIRM, MEASUREMENTS_AT_ONCE } from '../../incidents/evidence-wanted.ts';
import { type BaselineSums, NO_SUMS } from '../../triggers/baseline.ts';
import type { Check, History, SliEvidence } from '../../triggers/evidence.ts';
import type { Database } from './database.ts';
import type { EvidenceAsk } from './evidence-ask.ts';
import { isWithin, type TimeSpan, without } from './incident-times.ts';
import { checksOf, msOf } from './moments.ts';
import { recordset } from './recordset.ts';
import { signals } from './tables.ts';

const number = z.number().nullable();
/** Of one SLI, newest first: columns of the moments with one measurement, rows of those with several; how many measurements. */
const checksRow = z.object({
  n: z.number(),
  sli: z.string(),
  measurements: z.number(),
  at: z.array(z.number()).nullable(),
  value: z.array(z.number()).nullable(),
  samples: z.array(number).nullable(),
  window_s: z.array(number).nullable(),
  shared: z.array(z.tuple([z.number(), z.number(), number, number])).nullable(),
});
const sumsRow = z.object({
  n: z.number(),
  sli: z.string(),
  measurements: z.coerce.number(),
  weighted: z.coerce.number(),
  weight: z.coerce.number(),
});

type BySli<T> = ReadonlyMap<string, T>;

/**
 * The newest checks of each SLI, and the sums of what was normal before them: what is judged, and the time its SLI is
 * watched over, must not be part of what it is judged by. In the order of `asks`; `times` are those of incidents.
 */
export async function readSliEvidence(
  database: Database,
  asks: readonly EvidenceAsk[],
  times: Promise<readonly (readonly TimeSpan[])[]>,
): Promise<readonly BySli<SliEvidence>[]> {
  const [incidents, found] = await Promise.all([times, newestChecks(database, asks)]);
  const from = asks.map(({ wanted, now }) => new Date(now.getTime() - wanted.baselineWindow));
  const histories = found.map((slis, n) => {
    const oldest = from[n] ?? new Date(0);
    return new Map(
      [...slis].map(([sli, { checks, ...rest }]) => {
        const each = checks
          .map((check) => ({ inIncident: isWithin(check.at, incidents[n] ?? []), ...check }))
          .filter((check, index, all) => check.at >= oldest || index === all.length - 1);
        return [sli, { checks: each, ...rest }] as const;
      }),
    );
  });
  const stretches = asks.flatMap(({ service, wanted }, n) =>
    [...(histories[n] ?? [])].flatMap(([sli, { checks }]) => {
      const [oldest, newest] = [checks[0], checks.at(-1)];
      if (oldest === undefined || newest === undefined || !wanted.baselines.has(sli)) return [];
      const watched = new Date(newest.at.getTime() - (wanted.history.get(sli) ?? 0));
      const until = watched < oldest.at ? watched : oldest.at;
      return without(incidents[n] ?? [], from[n] ?? until, until).map((part) => ({
        n,
        service,
        sli,
        ...part,
      }));
    }),
  );
  const before = await sumsOf(database, stretches);
  return histories.map(
    (slis, n) =>
      new Map(
        [...slis].map(([sli, each]) => [sli, { before: before.get(`${n} ${sli}`) ?? NO_SUMS, ...each }]),
      ),
  );
}

/** What was read of one SLI, before it is known what lies in incidents. */
type Read = Pick<History, 'isCut'> & { readonly checks: readonly Omit<Check, 'inIncident'>[] };

/**
 * Of an SLI that is watched over time the moments of all that time, else the newest {@link CHECKS_TO_CONFIRM}; the newest
 * in any case, and of all together {@link MEASUREMENTS_AT_ONCE} measurements at most.
 *
 * Most moments have one measurement: those with several are read again, since only there labels matter, and they are most
 * of what is read.
 */
async function newestChecks(
  database: Database,
  asks: readonly EvidenceAsk[],
): Promise<readonly BySli<Read>[]> {
  const found = asks.map(() => new Map<string, Read>());
  const asked = asks.flatMap(({ service, wanted: { slis, history }, now }, n) =>
    slis.length === 0
      ? []
      : [{ n, service, until: now, slis, back: slis.map((sli) => history.get(sli) ?? null) }],
  );
  if (asked.length === 0) return found;
  const ofMoment = checksOf(sql`
    select r.at, r.value, r.samples, r.window_s, r.signal -> 'labels' as labels
    from ${signals} r
    where r.type = 'measurement' and r.service = w.service and r.sli = l.sli and r.at = c.at
    limit ${MEASUREMENTS_AT_ONCE}::int`);
  const alone = sql`filter (where c.measurements = 1)`;
  const rows = await database.often(sql`
    select w.n, l.sli, s.*
    from json_to_recordset(${recordset(asked)}) as w (n int, service text, until timestamptz, slis text[], back float8[])
    cross join lateral unnest(w.slis, w.back) as l (sli, back)
    cross join lateral (
      select m.at from ${signals} m
      where m.type = 'measurement' and m.service = w.service and m.sli = l.sli and m.at <= w.until
      order by m.at desc limit 1) newest
    cross join lateral (
      select sum(c.measurements)::int as measurements,
        array_to_json(array_agg(${msOf(sql`c.at`)}) ${alone}) as at, array_to_json(array_agg(c.value) ${alone}) as value,
        array_to_json(array_agg(c.samples) ${alone}) as samples, array_to_json(array_agg(c.window_s) ${alone}) as window_s,
        json_agg((
          select json_build_array(${msOf(sql`o.at`)}, o.value, o.samples, o.window_s) from (${ofMoment}) o
        )) filter (where c.measurements > 1) as shared
      from (
        select m.at, count(*) as measurements,
          min(m.value) as value, min(m.samples) as samples, min(m.window_s) as window_s
        from (
          select m.at, m.value, m.samples, m.window_s from ${signals} m
          where m.type = 'measurement' and m.service = w.service and m.sli = l.sli and m.at <= w.until
            and m.at >= case when l.back is null then '-infinity'
              else least(newest.at, w.until - l.back * interval '1 millisecond') end
          order by m.at desc
          limit ${MEASUREMENTS_AT_ONCE}::int) m
        group by m.at
        order by m.at desc
        limit case when l.back is null then ${CHECKS_TO_CONFIRM}::int else ${CHECKS_AT_ONCE}::int end) c) s`);
  for (const row of rows) {
    const { n, sli, ...columns } = checksRow.parse(row);
    found[n]?.set(sli, readOf(columns, asks[n]?.wanted.history.has(sli) === true));
  }
  return found;
}

/** Where more was measured than is read, the oldest moment may be without some of its measurements. */
function readOf(row: Omit<z.infer<typeof checksRow>, 'n' | 'sli'>, isWatched: boolean): Read {
  const { measurements, at, value, samples, window_s, shared } = row;
  const alone = (at ?? []).flatMap((ms, index) => {
    const each = value?.[index];
    return each === undefined
      ? []
      : [[ms, each, samples?.[index] ?? null, window_s?.[index] ?? null] as const];
  });
  const moments = [...alone, ...(shared ?? [])].sort(([a], [b]) => a - b);
  const isPartial = measurements >= MEASUREMENTS_AT_ONCE;
  return {
    checks: moments.slice(isPartial ? 1 : 0).map(([ms, each, size, window]) => ({
      at: new Date(ms),
      value: each,
      ...(size === null ? {} : { samples: size }),
      ...(window === null ? {} : { windowSeconds: window }),
    })),
    ...(isPartial || (isWatched && moments.length >= CHECKS_AT_ONCE) ? { isCut: true } : {}),
  };
}

/** A part of the time in which an SLI's baseline is read, without its end. */
interface Stretch {
  readonly n: number;
  readonly service: string;
  readonly sli: string;
  readonly from: Date;
  readonly to: Date;
}

/** Sums over all stretches of an SLI, by `<n> <sli>`. */
async function sumsOf(
  database: Database,
  stretches: readonly Stretch[],
): Promise<ReadonlyMap<string, BaselineSums>> {
  if (stretches.length === 0) return new Map();
  const rows = await database.often(sql`
    select w.n, w.sli, sum(s.moments) as measurements, sum(s.weighted) as weighted, sum(s.weight) as weight
    from json_to_recordset(${recordset(stretches.map(({ to, ...rest }) => ({ ...rest, until: to })))})
      as w (n int, service text, sli text, "from" timestamptz, until timestamptz)
    cross join lateral (
      select count(*) as moments, sum(o.weighted) as weighted, sum(o.weight) as weight
      from (
        select sum(m.value * coalesce(m.samples, 1)) as weighted, sum(coalesce(m.samples, 1)) as weight
        from ${signals} m
        where m.type = 'measurement' and m.service = w.service and m.sli = w.sli and m.at >= w."from" and m.at < w.until
        group by m.at) o) s
    where s.moments > 0
    group by w.n, w.sli`);
  return new Map(
    rows.map((row) => {
      const { n, sli, ...sums } = sumsRow.parse(row);
      return [`${n} ${sli}`, sums];
    }),
  );
}
