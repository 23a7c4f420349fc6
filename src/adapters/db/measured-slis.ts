import { sql } from 'drizzle-orm';
import { signals } from './tables.ts';

/**
 * The head of a statement that reads measurements of all services: `measured (service, sli)`, each pair once, by one step
 * in an index for each. An index by time alone would be shorter to say, but PostgreSQL takes it for the newest of one SLI
 * too, and then reads what all others measured, until it has statistics of the table.
 */
export const WITH_MEASURED = sql`with recursive measured (service, sli) as (
  (select m.service, m.sli from ${signals} m where m.type = 'measurement' order by m.service, m.sli limit 1)
  union
  select next.* from measured k cross join lateral (
    select m.service, m.sli from ${signals} m
    where m.type = 'measurement' and (m.service, m.sli) > (k.service, k.sli)
    order by m.service, m.sli limit 1) next)`;
