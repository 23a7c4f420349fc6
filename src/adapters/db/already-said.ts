import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { AlreadySaid } from '../../signals/said-again.ts';
import type { Alert } from '../../signals/signal.ts';
import type { Database } from './database.ts';
import { textArray } from './recordset.ts';
import { deliveries, signals } from './tables.ts';

const lastRow = z.object({
  id: z.string(),
  last: z.string(),
  status: z.enum(['firing', 'acknowledged', 'resolved']),
  at_ms: z.coerce.number(),
  /** Absent in what older versions stored. */
  heard: z.coerce.date().nullable(),
});

/** What is stored of these alerts of one source. Nothing older than an alert's own first word is looked at. */
export async function readAlreadySaid(
  database: Database,
  delivery: { readonly source: string; readonly id: string },
  alerts: readonly Alert[],
): Promise<AlreadySaid> {
  const { source, id } = delivery;
  const rows = await database.rows(sql`
    select known.id, newest.id as last, newest.signal ->> 'status' as status,
      round(extract(epoch from newest.at) * 1000)::float8 as at_ms, newest.signal -> 'heardAt' ->> '$date' as heard
    from ${signals} known
    cross join lateral (
      select n.id, n.at, n.signal from ${signals} n
      where n.service = known.service and n.type <> 'measurement' and n.type = 'alert'
        and n.source = known.source and n.alert_key = known.alert_key and n.at >= known.at
      order by n.at desc, n.seq desc limit 1) newest
    where known.source = ${source} and known.type = 'alert'
      and known.id = any(${textArray(alerts.map((alert) => alert.id))})`);
  if (rows.length === 0) return { sameDelivery: false, last: new Map() };
  const taken = await database.rows(
    sql`select 1 as n from ${deliveries} where source = ${source} and id = ${id}`,
  );
  const last = rows
    .map((row) => lastRow.parse(row))
    .map(({ id: known, last: newest, status, at_ms, heard }) => {
      const at = new Date(at_ms);
      return [known, { id: newest, status, at, heardAt: heard ?? at }] as const;
    });
  return { sameDelivery: taken.length > 0, last: new Map(last) };
}
