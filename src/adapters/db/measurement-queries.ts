import { and, desc, eq, gt, gte, lte, ne, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { EvidenceWanted } from '../../incidents/ports.ts';
import type { IndicatorMean } from '../../reviews/weekly-review.ts';
import type { Alert, Measurement, Report } from '../../signals/signal.ts';
import { DAY } from '../../time.ts';
import type { BaselineSums } from '../../triggers/baseline.ts';
import type { Evidence } from '../../triggers/evidence.ts';
import type { Database } from './database.ts';
import { incidents, signals } from './tables.ts';

/** A vendor's alert that has not spoken for this long is over. */
const ALERT_MEMORY = 7 * DAY;
const MEASUREMENTS_AT_ONCE = 500;
const REPORTS_AT_ONCE = 5000;

const sums = z.object({
  measurements: z.coerce.number(),
  weighted: z.coerce.number(),
  weight: z.coerce.number(),
});
const mean = z.object({ service: z.string(), sli: z.string(), mean: z.coerce.number() });

/** Reads of measurements and alerts: what triggers, verification and reviews look at. */
export function measurementQueries(database: Database) {
  const { orm } = database;
  const isMeasurement = eq(signals.type, 'measurement');

  async function latest(service: string, sli: string, now: Date): Promise<Measurement | undefined> {
    const [row] = await orm
      .select({ signal: signals.signal })
      .from(signals)
      .where(and(isMeasurement, eq(signals.service, service), eq(signals.sli, sli), lte(signals.at, now)))
      .orderBy(desc(signals.at), desc(signals.seq))
      .limit(1);
    return row?.signal.type === 'measurement' ? row.signal : undefined;
  }

  /**
   * Sums over the window before the measurement that is judged, and before the time its SLI is watched over: what is
   * judged must not be part of what it is judged by. Without the times of incidents. Undefined when there is nothing.
   */
  async function baselineBefore(
    judged: Measurement,
    from: Date,
    watchedFor: number,
  ): Promise<BaselineSums | undefined> {
    const until = new Date(judged.at.getTime() - watchedFor);
    const [row] = await database.rows(sql`
      select count(*) as measurements, sum(s.value * coalesce(s.samples, 1)) as weighted, sum(coalesce(s.samples, 1)) as weight
      from ${signals} s
      where s.type = 'measurement' and s.service = ${judged.service} and s.sli = ${judged.sli}
        and s.at >= ${from.toISOString()}::timestamptz and s.at < ${until.toISOString()}::timestamptz
        and not exists (
          select 1 from ${incidents} i
          where i.service = s.service and i.phase <> 'cancelled'
            and i.started_at <= s.at and coalesce(i.resolved_at, 'infinity'::timestamptz) >= s.at)
      having count(*) > 0`);
    return row === undefined ? undefined : sums.parse(row);
  }

  async function currentAlerts(service: string, now: Date): Promise<readonly Alert[]> {
    const rows = await orm
      .selectDistinctOn([signals.source, signals.alertKey], { signal: signals.signal })
      .from(signals)
      .where(
        and(
          eq(signals.service, service),
          ne(signals.type, 'measurement'),
          eq(signals.type, 'alert'),
          gte(signals.at, new Date(now.getTime() - ALERT_MEMORY)),
        ),
      )
      .orderBy(signals.source, signals.alertKey, desc(signals.at), desc(signals.seq));
    return rows.flatMap(({ signal }) => (signal.type === 'alert' ? [signal] : []));
  }

  /** Oldest first; the newest {@link MEASUREMENTS_AT_ONCE}. */
  async function measurementsSince(
    service: string,
    sli: string,
    since: Date,
  ): Promise<readonly Measurement[]> {
    const rows = await orm
      .select({ signal: signals.signal })
      .from(signals)
      .where(and(isMeasurement, eq(signals.service, service), eq(signals.sli, sli), gt(signals.at, since)))
      .orderBy(desc(signals.at), desc(signals.seq))
      .limit(MEASUREMENTS_AT_ONCE);
    return rows.flatMap(({ signal }) => (signal.type === 'measurement' ? [signal] : [])).reverse();
  }

  async function reportsSince(service: string, since: Date): Promise<readonly Report[]> {
    const rows = await orm
      .select({ signal: signals.signal })
      .from(signals)
      .where(
        and(
          eq(signals.service, service),
          ne(signals.type, 'measurement'),
          eq(signals.type, 'report'),
          gt(signals.at, since),
        ),
      )
      .orderBy(desc(signals.at))
      .limit(REPORTS_AT_ONCE);
    return rows.flatMap(({ signal }) => (signal.type === 'report' ? [signal] : []));
  }

  return {
    async evidence(service: string, wanted: EvidenceWanted, now: Date): Promise<Evidence> {
      const newest = await Promise.all(wanted.slis.map((sli) => latest(service, sli, now)));
      const found = newest.filter((each) => each !== undefined);
      const from = new Date(now.getTime() - wanted.baselineWindow);
      const [baselines, alerts, reports, history] = await Promise.all([
        Promise.all(
          found.map(
            async (each) =>
              [each.sli, await baselineBefore(each, from, wanted.history.get(each.sli) ?? 0)] as const,
          ),
        ),
        currentAlerts(service, now),
        wanted.reports === 0 ? [] : reportsSince(service, new Date(now.getTime() - wanted.reports)),
        Promise.all(
          [...wanted.history].map(
            async ([sli, back]) =>
              [sli, await measurementsSince(service, sli, new Date(now.getTime() - back))] as const,
          ),
        ),
      ]);
      return {
        latest: new Map(found.map((each) => [each.sli, each])),
        history: new Map(history),
        baselines: new Map(
          baselines.flatMap(([sli, sums]) => (sums === undefined ? [] : [[sli, sums] as const])),
        ),
        alerts,
        reports,
      };
    },

    measurementsSince,

    async indicatorMeans(from: Date, to: Date): Promise<readonly IndicatorMean[]> {
      const rows = await database.rows(sql`
        select service, sli, sum(value * coalesce(samples, 1)) / nullif(sum(coalesce(samples, 1)), 0) as mean
        from ${signals}
        where type = 'measurement' and at >= ${from.toISOString()}::timestamptz and at <= ${to.toISOString()}::timestamptz
        group by service, sli
        having sum(coalesce(samples, 1)) > 0`);
      return rows.map((row) => mean.parse(row));
    },
  };
}
