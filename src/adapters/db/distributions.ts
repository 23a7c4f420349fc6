import { and, desc, eq, gt, lte, ne } from 'drizzle-orm';
import type { DistributionWindow } from '../../triggers/evidence.ts';
import type { Database } from './database.ts';
import { incidentTimes, isWithin } from './incident-times.ts';
import { signals } from './tables.ts';

/** The newest windows of all distributions of a service that are looked at. */
const WINDOWS_AT_ONCE = 500;

/** The distributions of a service since a moment, the newest {@link WINDOWS_AT_ONCE} of them. */
export async function readDistributions(
  database: Database,
  service: string,
  since: Date,
  now: Date,
): Promise<readonly DistributionWindow[]> {
  const [rows, times] = await Promise.all([
    database.orm
      .select({ signal: signals.signal })
      .from(signals)
      .where(
        and(
          eq(signals.service, service),
          ne(signals.type, 'measurement'),
          eq(signals.type, 'distribution'),
          gt(signals.at, since),
          lte(signals.at, now),
        ),
      )
      .orderBy(desc(signals.at), desc(signals.seq))
      .limit(WINDOWS_AT_ONCE),
    incidentTimes(database, service, since),
  ]);
  return rows.flatMap(({ signal }) => {
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
  });
}
