import { and, desc, eq, gte, lt, ne, sql } from 'drizzle-orm';
import { z } from 'zod';
import { VERSION_SLIS, type VersionEval } from '../../incidents/last-known-good.ts';
import type { EvidenceWanted } from '../../incidents/ports.ts';
import type { IndicatorMean } from '../../reviews/weekly-review.ts';
import { type Alert, CHANGE_KINDS, type ChangeKind, type Distribution } from '../../signals/signal.ts';
import { ALERT_MEMORY } from '../../triggers/evaluate-alert.ts';
import type { Evidence, History, SlicesEvidence } from '../../triggers/evidence.ts';
import type { Slice } from '../../triggers/slice.ts';
import { createBatcher } from './batcher.ts';
import { readChecksSince } from './checks-since.ts';
import type { Database } from './database.ts';
import { readEvidence, readSlices } from './evidence.ts';
import type { EvidenceAsk } from './evidence-ask.ts';
import { WITH_MEASURED } from './measured-slis.ts';
import { textArray } from './recordset.ts';
import { signals } from './tables.ts';

/** Evaluated together. */
const SERVICES_AT_ONCE = 50;
/** Services whose slices are read at the same time: a few of the pool's connections. */
const SLICED_AT_ONCE = 3;
const DISTRIBUTIONS_AT_ONCE = 1000;
/** Of each SLI: a month of one every ten minutes. */
const VERSION_EVALS_AT_ONCE = 5000;

const newestRow = z.object({ sli: z.string(), at_ms: z.number() });
const mean = z.object({ service: z.string(), sli: z.string(), mean: z.coerce.number() });

const versionEval = z.object({
  what: z.enum(CHANGE_KINDS),
  version: z.string(),
  sli: z.string(),
  mean: z.coerce.number(),
  samples: z.coerce.number(),
  newest_ms: z.coerce.number(),
});

/** Reads of measurements and alerts: what triggers, verification and reviews look at. */
export function measurementQueries(database: Database) {
  const { orm } = database;
  const evidence = createBatcher((asks: readonly EvidenceAsk[]) => readEvidence(database, asks), {
    most: SERVICES_AT_ONCE,
  });
  const slicesOf = (ask: EvidenceAsk): Promise<SlicesEvidence | undefined> =>
    ask.wanted.slices === undefined ? Promise.resolve(undefined) : inTurn(ask);
  const inTurn = createBatcher(
    (asks: readonly EvidenceAsk[]) => Promise.all(asks.map((ask) => readSlices(database, ask))),
    { most: SLICED_AT_ONCE },
  );

  return {
    async evidence(service: string, wanted: EvidenceWanted, now: Date): Promise<Evidence> {
      const ask = { service, wanted, now };
      const [found, slices] = await Promise.all([evidence(ask), slicesOf(ask)]);
      return slices === undefined ? found : { ...found, slices };
    },

    checksSince(service: string, sli: string, since: Date, slice?: Slice): Promise<History> {
      return readChecksSince(database, { service, sli, since, slice });
    },

    async versionEvals(
      service: string,
      kinds: readonly ChangeKind[],
      from: Date,
      until: Date,
    ): Promise<readonly VersionEval[]> {
      if (kinds.length === 0) return [];
      const rows = await database.rows(sql`
        select w.what, e.labels ->> (w.what || '_version') as version, e.sli,
          sum(e.value * e.samples) / sum(e.samples) as mean, sum(e.samples) as samples,
          round(extract(epoch from max(e.at)) * 1000)::float8 as newest_ms
        from unnest(${textArray(VERSION_SLIS)}) as l (sli)
        cross join lateral (
          select m.sli, m.at, m.value, m.samples, m.signal -> 'labels' as labels
          from ${signals} m
          where m.type = 'measurement' and m.service = ${service} and m.sli = l.sli and m.samples > 0
            and m.at >= ${from.toISOString()}::timestamptz and m.at <= ${until.toISOString()}::timestamptz
          order by m.at desc
          limit ${VERSION_EVALS_AT_ONCE}::int) e
        join unnest(${textArray(kinds)}) as w (what) on e.labels ->> (w.what || '_version') <> ''
        group by 1, 2, 3`);
      return rows.map((row) => {
        const { newest_ms, ...found } = versionEval.parse(row);
        return { ...found, newest: new Date(newest_ms) };
      });
    },

    async distributions(service: string, from: Date, to: Date): Promise<readonly Distribution[]> {
      const rows = await orm
        .select({ signal: signals.signal })
        .from(signals)
        .where(
          and(
            eq(signals.service, service),
            ne(signals.type, 'measurement'),
            eq(signals.type, 'distribution'),
            gte(signals.at, from),
            lt(signals.at, to),
          ),
        )
        .orderBy(desc(signals.at))
        .limit(DISTRIBUTIONS_AT_ONCE);
      return rows.flatMap(({ signal }) => (signal.type === 'distribution' ? [signal] : []));
    },

    /** The time of the newest measurement of each SLI from this source since `since`. */
    async newestMeasurements(
      source: string,
      service: string,
      slis: readonly string[],
      since: Date,
    ): Promise<ReadonlyMap<string, Date>> {
      if (slis.length === 0) return new Map();
      const rows = await database.rows(sql`
        select w.sli, round(extract(epoch from newest.at) * 1000)::float8 as at_ms
        from unnest(${textArray(slis)}) as w (sli)
        cross join lateral (
          select m.at from ${signals} m
          where m.type = 'measurement' and m.service = ${service} and m.sli = w.sli and m.source = ${source}
            and m.at >= ${since.toISOString()}::timestamptz
          order by m.at desc limit 1) newest`);
      return new Map(rows.map((row) => newestRow.parse(row)).map(({ sli, at_ms }) => [sli, new Date(at_ms)]));
    },

    /** What this source said last of an alert, unless that is long over. */
    async newestAlert(source: string, service: string, key: string, now: Date): Promise<Alert | undefined> {
      const [row] = await orm
        .select({ signal: signals.signal })
        .from(signals)
        .where(
          and(
            eq(signals.service, service),
            ne(signals.type, 'measurement'),
            eq(signals.type, 'alert'),
            eq(signals.source, source),
            eq(signals.alertKey, key),
            gte(signals.at, new Date(now.getTime() - ALERT_MEMORY)),
          ),
        )
        .orderBy(desc(signals.at), desc(signals.seq))
        .limit(1);
      return row?.signal.type === 'alert' ? row.signal : undefined;
    },

    async indicatorMeans(from: Date, to: Date): Promise<readonly IndicatorMean[]> {
      const rows = await database.rows(sql`
        ${WITH_MEASURED}
        select k.service, k.sli, s.weighted / s.weight as mean
        from measured k cross join lateral (
          select sum(m.value * coalesce(m.samples, 1)) as weighted, sum(coalesce(m.samples, 1)) as weight
          from ${signals} m
          where m.type = 'measurement' and m.service = k.service and m.sli = k.sli
            and m.at >= ${from.toISOString()}::timestamptz and m.at <= ${to.toISOString()}::timestamptz) s
        where s.weight > 0`);
      return rows.map((row) => mean.parse(row));
    },
  };
}
