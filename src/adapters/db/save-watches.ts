import { sql } from 'drizzle-orm';
import type { ServiceWatch } from '../../incidents/watch.ts';
import type { Database } from './database.ts';
import { encodeDocument } from './document.ts';
import type { AnyChange } from './save.ts';
import { watches } from './tables.ts';

/** Whether a change only remembers what was seen, as most evaluations do. */
export function isOnlyWatch(change: AnyChange): change is AnyChange & { readonly watch: ServiceWatch } {
  const { watch, ...others } = change;
  return (
    watch !== undefined && Object.values(others).every((each) => Array.isArray(each) && each.length === 0)
  );
}

/**
 * Writes what is remembered of several services in one statement: each that still has the version it was loaded with
 * (0: must not exist yet), whatever becomes of the others. In the order of `given`.
 */
export async function saveWatches(
  database: Database,
  given: readonly ServiceWatch[],
): Promise<readonly ('saved' | 'conflict')[]> {
  const rows = given.map(({ service, version, findings }, n) => ({ n, service, version, findings }));
  const saved = await database.often(sql`
    with given as (
      select * from json_to_recordset(${encodeDocument(rows)}::json) as w (n int, service text, version int, findings jsonb)
    ), locked as (
      select w.service, w.version from ${watches} w where w.service in (select service from given) order by w.service for update
    ), changed as (
      update ${watches} w set findings = g.findings, version = g.version + 1
      from (select distinct on (service) given.* from given join locked using (service, version) order by service, n) g
      where w.service = g.service
      returning g.n
    ), added as (
      insert into ${watches} (service, version, findings)
      select distinct on (service) service, 1, findings from given where version = 0 order by service, n
      on conflict do nothing
      returning service
    )
    select n from changed
    union all
    select min(given.n) from given join added using (service) where version = 0 group by service`);
  const places = new Set(saved.map(({ n }) => n));
  return given.map((_, n) => (places.has(n) ? 'saved' : 'conflict'));
}
