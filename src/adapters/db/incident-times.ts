import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from './database.ts';
import { recordset } from './recordset.ts';
import { incidents } from './tables.ts';

const INCIDENTS_AT_ONCE = 500;

/** Both ends included, in milliseconds. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

const row = z.object({ n: z.number(), from_ms: z.number(), to_ms: z.number().nullable() });

/** The times of the incidents of each service that reach beyond its `from`, newest first; in the order of `asked`. */
export async function incidentTimes(
  database: Database,
  asked: readonly { readonly service: string; readonly from: Date }[],
): Promise<readonly (readonly TimeSpan[])[]> {
  const rows = await database.often(sql`
    select w.n, round(extract(epoch from i.started_at) * 1000)::float8 as from_ms,
      round(extract(epoch from i.resolved_at) * 1000)::float8 as to_ms
    from json_to_recordset(${recordset(asked.map(({ service, from }, n) => ({ n, service, since: from })))})
      as w (n int, service text, since timestamptz)
    cross join lateral (
      select o.started_at, o.resolved_at from ${incidents} o
      where o.service = w.service and o.phase <> 'cancelled' and (o.resolved_at is null or o.resolved_at >= w.since)
      order by o.started_at desc
      limit ${INCIDENTS_AT_ONCE}::int) i`);
  const times = asked.map((): TimeSpan[] => []);
  for (const each of rows) {
    const { n, from_ms, to_ms } = row.parse(each);
    times[n]?.push({ from: from_ms, to: to_ms ?? Infinity });
  }
  return times;
}

/** Whether a moment lies in one of these times. */
export function isWithin(at: Date, times: readonly TimeSpan[]): boolean {
  return times.some(({ from, to }) => from <= at.getTime() && at.getTime() <= to);
}

/** What is left of a time without these times: each part with its start and without its end. */
export function without(
  times: readonly TimeSpan[],
  from: Date,
  to: Date,
): readonly { readonly from: Date; readonly to: Date }[] {
  const parts: { from: Date; to: Date }[] = [];
  let free = from.getTime();
  for (const time of [...times].sort((a, b) => a.from - b.from)) {
    const end = Math.min(time.from, to.getTime());
    if (end > free) parts.push({ from: new Date(free), to: new Date(end) });
    free = Math.max(free, time.to + 1);
  }
  if (to.getTime() > free) parts.push({ from: new Date(free), to });
  return parts;
}
