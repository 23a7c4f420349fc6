import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { CHECKS_AT_ONCE, CHECKS_TO_CONFIRM } from '../../incidents/evidence-wanted.ts';
import { type BaselineSums, NO_SUMS } from '../../triggers/baseline.ts';
import { type Check, inOrder, type SliEvidence } from '../../triggers/evidence.ts';
import type { Database } from './database.ts';
import type { EvidenceAsk } from './evidence.ts';
import { isWithin, type TimeSpan, without } from './incident-times.ts';
import { recordset } from './recordset.ts';
import { signals } from './tables.ts';

/** Of one SLI, in any order: when (ms), value, samples, seconds it speaks for, labels where others share the moment. */
const checksRow = z.object({
  n: z.number(),
  sli: z.string(),
  checks: z.array(
    z.tuple([z.number(), z.number(), z.number().nullable(), z.number().nullable(), z.string().nullable()]),
  ),
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
  const checks = found.map((slis, n) => {
    const { history } = asks[n]?.wanted ?? {};
    const oldest = from[n] ?? new Date(0);
    return new Map(
      [...slis].map(([sli, rows]) => {
        const each = rows.map((check) => ({ ...check, inIncident: isWithin(check.at, incidents[n] ?? []) }));
        const moments = wholeMoments(inOrder(each), rows.length).slice(
          history?.has(sli) ? 0 : -CHECKS_TO_CONFIRM,
        );
        return [
          sli,
          moments.filter((check, index, all) => check.at >= oldest || index === all.length - 1),
        ] as const;
      }),
    );
  });
  const stretches = asks.flatMap(({ service, wanted }, n) =>
    [...(checks[n] ?? [])].flatMap(([sli, each]) => {
      const [oldest, newest] = [each[0], each.at(-1)];
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
  return checks.map(
    (slis, n) =>
      new Map(
        [...slis].map(([sli, each]) => [sli, { checks: each, before: before.get(`${n} ${sli}`) ?? NO_SUMS }]),
      ),
  );
}

/** Where there was more than may be read, the oldest moment may be without some of its rows. */
function wholeMoments(checks: readonly Check[], rows: number): readonly Check[] {
  return rows < CHECKS_AT_ONCE || checks.length === 1 ? checks : checks.slice(1);
}

/**
 * Those of one SLI in any order: for one that is watched over time all of that time, else the newest
 * {@link CHECKS_TO_CONFIRM}, or enough for as many moments where slices share them; the newest in any case.
 */
async function newestChecks(
  database: Database,
  asks: readonly EvidenceAsk[],
): Promise<readonly BySli<readonly Omit<Check, 'inIncident'>[]>[]> {
  const found = asks.map(() => new Map<string, readonly Omit<Check, 'inIncident'>[]>());
  const slis = asks.flatMap(({ service, wanted, now }, n) =>
    wanted.slis.map((sli) => {
      const back = wanted.history.get(sli);
      return back === undefined
        ? {
            n,
            service,
            sli,
            until: now,
            most: wanted.slices === undefined ? CHECKS_TO_CONFIRM : CHECKS_AT_ONCE,
          }
        : { n, service, sli, until: now, most: CHECKS_AT_ONCE, since: new Date(now.getTime() - back) };
    }),
  );
  if (slis.length === 0) return found;
  const rows = await database.often(sql`
    select w.n, w.sli, s.checks
    from json_to_recordset(${recordset(slis)})
      as w (n int, service text, sli text, since timestamptz, until timestamptz, most int)
    cross join lateral (
      select json_agg(json_build_array(
        round(extract(epoch from c.at) * 1000)::float8, c.value, c.samples, (c.signal ->> 'windowSeconds')::float8,
        case when c.same > 1 then md5(c.signal ->> 'labels') end)) as checks
      from (
        select m.*, count(*) over (partition by m.at) as same
        from (
          select m.at, m.value, m.samples, m.signal from ${signals} m
          where m.type = 'measurement' and m.service = w.service and m.sli = w.sli and m.at <= w.until
            and m.at >= case when w.since is null then '-infinity' else least(w.since, (
              select l.at from ${signals} l
              where l.type = 'measurement' and l.service = w.service and l.sli = w.sli and l.at <= w.until
              order by l.at desc limit 1)) end
          order by m.at desc
          limit w.most) m) c) s
    where s.checks is not null`);
  for (const row of rows) {
    const { n, sli, checks } = checksRow.parse(row);
    found[n]?.set(
      sli,
      checks.map(([at, value, samples, windowSeconds, series]) => ({
        at: new Date(at),
        value,
        ...(samples === null ? {} : { samples }),
        ...(windowSeconds === null ? {} : { windowSeconds }),
        ...(series === null ? {} : { series }),
      })),
    );
  }
  return found;
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
    select w.n, w.sli, sum(s.measurements) as measurements, sum(s.weighted) as weighted, sum(s.weight) as weight
    from json_to_recordset(${recordset(stretches.map(({ to, ...rest }) => ({ ...rest, until: to })))})
      as w (n int, service text, sli text, "from" timestamptz, until timestamptz)
    cross join lateral (
      select count(*) as measurements, sum(m.value * coalesce(m.samples, 1)) as weighted, sum(coalesce(m.samples, 1)) as weight
      from ${signals} m
      where m.type = 'measurement' and m.service = w.service and m.sli = w.sli and m.at >= w."from" and m.at < w.until) s
    where s.measurements > 0
    group by w.n, w.sli`);
  return new Map(
    rows.map((row) => {
      const { n, sli, ...sums } = sumsRow.parse(row);
      return [`${n} ${sli}`, sums];
    }),
  );
}
