import { sql } from 'drizzle-orm';
import type { Alert, Report, Signal } from '../../signals/signal.ts';
import { ALERT_MEMORY } from '../../triggers/evaluate-alert.ts';
import type { DistributionWindow, Evidence, SlicesEvidence } from '../../triggers/evidence.ts';
import { readBurnSums } from './burn-sums.ts';
import type { Database } from './database.ts';
import type { EvidenceAsk } from './evidence-ask.ts';
import { incidentTimes, isWithin, type TimeSpan } from './incident-times.ts';
import { recordset } from './recordset.ts';
import { readSliEvidence } from './sli-evidence.ts';
import { readSliceEvidence } from './slice-evidence.ts';
import { signals } from './tables.ts';

const REPORTS_AT_ONCE = 5000;
/** The newest windows of all distributions of a service that are looked at. */
const DISTRIBUTIONS_AT_ONCE = 500;

/** The evidence of many services by as many statements as that of one, without slices; in the order of `asks`. */
export async function readEvidence(
  database: Database,
  asks: readonly EvidenceAsk[],
): Promise<readonly Omit<Evidence, 'slices'>[]> {
  const times = incidentTimes(
    database,
    asks.map(({ service, wanted, now }) => ({
      service,
      from: new Date(now.getTime() - Math.max(wanted.baselineWindow, wanted.distributions ?? 0)),
    })),
  );
  const [slis, others, burns, incidents] = await Promise.all([
    readSliEvidence(database, asks, times),
    readOthers(database, asks),
    readBurnSums(database, asks),
    times,
  ]);
  return asks.map(({ wanted }, n) => {
    const { alerts, reports, distributions } = sorted(others[n] ?? [], incidents[n] ?? []);
    const ofBurns = burns[n];
    return {
      slis: slis[n] ?? new Map(),
      alerts,
      reports,
      ...(ofBurns === undefined ? {} : { burns: ofBurns }),
      ...(wanted.distributions === undefined ? {} : { distributions }),
    };
  });
}

/** The slices that a service asks for. They are many rows: who reads them waits for nobody, and keeps nobody waiting. */
export async function readSlices(database: Database, ask: EvidenceAsk): Promise<SlicesEvidence | undefined> {
  const { service, wanted, now } = ask;
  if (wanted.slices === undefined) return undefined;
  const from = new Date(now.getTime() - wanted.baselineWindow);
  const [times = []] = await incidentTimes(database, [{ service, from }]);
  return readSliceEvidence(database, ask, wanted.slices, times);
}

/** The newest state of each alert, and as many reports and distributions as are wanted; by the place of who asks. */
async function readOthers(
  database: Database,
  asks: readonly EvidenceAsk[],
): Promise<readonly (readonly Signal[])[]> {
  const before = (now: Date, ms: number): Date => new Date(now.getTime() - ms);
  const alerts = asks.map(({ service, now }, n) => ({ n, service, since: before(now, ALERT_MEMORY) }));
  const others = asks.flatMap(({ service, wanted: { reports, distributions }, now }, n) => [
    ...(reports === 0
      ? []
      : [{ n, service, type: 'report', since: before(now, reports), most: REPORTS_AT_ONCE }]),
    ...(distributions === undefined
      ? []
      : [
          {
            ...{ n, service, type: 'distribution', since: before(now, distributions), until: now },
            most: DISTRIBUTIONS_AT_ONCE,
          },
        ]),
  ]);
  const rows = await database.orm
    .select({ n: sql<number>`f.n`, signal: sql<Signal>`f.signal`.mapWith(signals.signal) })
    .from(sql`(
      select w.n, s.signal
      from json_to_recordset(${recordset(alerts)}) as w (n int, service text, since timestamptz)
      cross join lateral (
        select distinct on (m.source, m.alert_key) m.signal from ${signals} m
        where m.service = w.service and m.type <> 'measurement' and m.type = 'alert' and m.at >= w.since
        order by m.source, m.alert_key, m.at desc, m.seq desc) s
      union all
      select w.n, s.signal
      from json_to_recordset(${recordset(others)})
        as w (n int, service text, type text, since timestamptz, until timestamptz, most int)
      cross join lateral (
        select m.signal from ${signals} m
        where m.service = w.service and m.type <> 'measurement' and m.type = w.type and m.at > w.since
          and m.at <= coalesce(w.until, 'infinity'::timestamptz)
        order by m.at desc, m.seq desc
        limit w.most) s) as f`);
  const found = asks.map((): Signal[] => []);
  for (const { n, signal } of rows) found[n]?.push(signal);
  return found;
}

function sorted(
  found: readonly Signal[],
  times: readonly TimeSpan[],
): { alerts: readonly Alert[]; reports: readonly Report[]; distributions: readonly DistributionWindow[] } {
  return {
    alerts: found.filter((signal) => signal.type === 'alert'),
    reports: found.filter((signal) => signal.type === 'report'),
    distributions: found.flatMap((signal) => {
      if (signal.type !== 'distribution') return [];
      const { of, at, buckets, summary, windowSeconds } = signal;
      return [
        {
          of,
          at,
          ...(buckets === undefined ? {} : { buckets }),
          ...(summary === undefined ? {} : { summary }),
          ...(windowSeconds === undefined ? {} : { windowSeconds }),
          inIncident: isWithin(at, times),
        },
      ];
    }),
  };
}
