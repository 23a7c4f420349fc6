import { and, desc, eq, gte, isNull, ne, or } from 'drizzle-orm';
import type { Database } from './database.ts';
import { incidents } from './tables.ts';

const INCIDENTS_AT_ONCE = 500;

/** Both ends included, in milliseconds. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** The times of the service's incidents that reach beyond `from`. */
export async function incidentTimes(
  { orm }: Database,
  service: string,
  from: Date,
): Promise<readonly TimeSpan[]> {
  const rows = await orm
    .select({ startedAt: incidents.startedAt, resolvedAt: incidents.resolvedAt })
    .from(incidents)
    .where(
      and(
        eq(incidents.service, service),
        ne(incidents.phase, 'cancelled'),
        or(isNull(incidents.resolvedAt), gte(incidents.resolvedAt, from)),
      ),
    )
    .orderBy(desc(incidents.startedAt))
    .limit(INCIDENTS_AT_ONCE);
  return rows.map(({ startedAt, resolvedAt }) => ({
    from: startedAt.getTime(),
    to: resolvedAt?.getTime() ?? Infinity,
  }));
}

/** Whether a moment lies in one of these times. */
export function isWithin(at: Date, times: readonly TimeSpan[]): boolean {
  return times.some(({ from, to }) => from <= at.getTime() && at.getTime() <= to);
}
