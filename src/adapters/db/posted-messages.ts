import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from './database.ts';
import { jobs, slackMessages } from './tables.ts';

const rows = z.array(z.object({ key: z.string() }));

/**
 * Which of these messages are in Slack as they should be now: posted, and no job of their key waits to post or edit
 * them. A message that is only noted, or that still says what was wrong the time before, is not.
 */
export async function postedMessages(
  database: Database,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const named = sql.join(
    keys.map((key) => sql`${key}`),
    sql`, `,
  );
  // One for each state: each has an index of its own.
  const waits = (state: 'ready' | 'running') =>
    sql`exists (select 1 from ${jobs} as j where j.key = m.key and j.state = ${sql.raw(`'${state}'`)})`;
  const found = await database.rows(sql`
    select m.key from ${slackMessages} as m
    where m.key in (${named}) and m.ts is not null and not ${waits('ready')} and not ${waits('running')}`);
  return new Set(rows.parse(found).map(({ key }) => key));
}
