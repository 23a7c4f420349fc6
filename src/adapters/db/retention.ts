import { type SQL, sql } from 'drizzle-orm';
import type { RetentionLimits } from '../../catalogue/retention.ts';
import type { Database } from './database.ts';
import { WITH_MEASURED } from './measured-slis.ts';
import { deliveries, jobs, signals } from './tables.ts';

/** Rows a statement: few enough that nobody waits for its locks. */
export const BATCH = 1000;

/** How many rows of each kind were removed. `finished` is false when there may be more. */
export interface Removed {
  readonly deliveries: number;
  readonly measurements: number;
  readonly prompts: number;
  readonly jobs: number;
  readonly finished: boolean;
}

/** Removes what is older than its limit, a batch a statement, until nothing is left or `enough` says to stop. */
export async function removeExpired(
  database: Database,
  limits: RetentionLimits,
  enough: () => boolean,
): Promise<Removed> {
  const removed = { deliveries: 0, measurements: 0, prompts: 0, jobs: 0 };
  for (const { counts, table, rows: select } of expired(limits)) {
    for (;;) {
      if (enough()) return { ...removed, finished: false };
      const rows = await database.rows(
        sql`delete from ${table} where ctid = any(array(${select} limit ${BATCH})) returning 1`,
      );
      removed[counts] += rows.length;
      if (rows.length < BATCH) break;
    }
  }
  return { ...removed, finished: true };
}

interface Expired {
  readonly counts: 'deliveries' | 'measurements' | 'prompts' | 'jobs';
  readonly table: SQL;
  /** A select of their `ctid`. */
  readonly rows: SQL;
}

function expired(limits: RetentionLimits): readonly Expired[] {
  const at = (date: Date): SQL => sql`${date.toISOString()}::timestamptz`;
  const known = [...limits.prompts.keys()];
  const those = (table: SQL, where: SQL) => ({ table, rows: sql`select ctid from ${table} where ${where}` });
  const prompts = sql`type in ('example', 'report')`;
  return [
    {
      counts: 'deliveries',
      // The newest stays: that anything ever arrived is what the weekly review goes by.
      ...those(
        sql`${deliveries}`,
        sql`received_at < ${at(limits.deliveries)} and (problem is null or received_at < ${at(limits.deadLetters)})
          and received_at < (select max(received_at) from ${deliveries})`,
      ),
    },
    {
      counts: 'measurements',
      table: sql`${signals}`,
      // The order and the limit within keep PostgreSQL from joining with the whole table.
      rows: sql`${WITH_MEASURED} select old.ctid from measured k cross join lateral (
        select m.ctid from ${signals} m
        where m.type = 'measurement' and m.service = k.service and m.sli = k.sli and m.at < ${at(limits.measurements)}
        order by m.at limit ${BATCH}) old`,
    },
    ...[...limits.prompts].map(
      ([service, before]): Expired => ({
        counts: 'prompts',
        // `type <> 'measurement'` lets the index of the other signals be used.
        ...those(
          sql`${signals}`,
          sql`type <> 'measurement' and ${prompts} and service = ${service} and at < ${at(before)}`,
        ),
      }),
    ),
    {
      counts: 'prompts',
      ...those(
        sql`${signals}`,
        sql`type <> 'measurement' and ${prompts} and not (service = any(array[${sql.join(
          known.map((name) => sql`${name}`),
          sql`, `,
        )}]::text[])) and at < ${at(limits.otherPrompts)}`,
      ),
    },
    {
      counts: 'jobs',
      ...those(
        sql`${jobs}`,
        sql`state = 'done' and ended_at < ${at(limits.doneJobs)}
          and (key is null or coalesce or ended_at < ${at(limits.doneKeyedJobs)})`,
      ),
    },
  ];
}
