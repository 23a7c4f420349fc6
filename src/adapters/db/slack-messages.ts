import { and, eq, like, sql } from 'drizzle-orm';
import { z } from 'zod';
import { createBatcher } from './batcher.ts';
import type { Database } from './database.ts';
import { isOneOf, UNNAMED } from './recordset.ts';
import { slackMessages } from './tables.ts';

const MESSAGES_AT_ONCE = 50;

const place = z.object({ channel: z.string(), ts: z.string().nullable() });

/** Where in Slack things are shown. */
export function createSlackMessages(database: Database) {
  const { orm } = database;
  const { key, channel, ts } = slackMessages;
  const ofKeys = orm
    .select({ key, channel, ts })
    .from(slackMessages)
    .where(isOneOf(key, sql.placeholder('keys')))
    .prepare(UNNAMED);
  return {
    find: createBatcher(
      async (keys: readonly string[]): Promise<readonly (z.infer<typeof place> | undefined)[]> => {
        const rows = await ofKeys.execute({ keys });
        const places = new Map(rows.map((row) => [row.key, { channel: row.channel, ts: row.ts }]));
        return keys.map((each) => places.get(each));
      },
      { most: MESSAGES_AT_ONCE, atOnce: 4 },
    ),

    async note(key: string, channel: string): Promise<z.infer<typeof place> | undefined> {
      const [row] = await database.often(sql`
        with known as (
          select channel, ts from ${slackMessages} where key = ${key}::text
        ), noted as (
          insert into ${slackMessages} (key, channel, ts) select ${key}::text, ${channel}::text, null
          where not exists (select 1 from known)
          on conflict do nothing
        )
        select channel, ts from known`);
      return row === undefined ? undefined : place.parse(row);
    },

    async remember(key: string, channel: string, ts: string | null): Promise<void> {
      await orm
        .insert(slackMessages)
        .values({ key, channel, ts })
        .onConflictDoUpdate({ target: slackMessages.key, set: { channel, ts } });
    },

    /** The next message under the key is a new one. */
    async forget(key: string): Promise<void> {
      await orm.delete(slackMessages).where(eq(slackMessages.key, key));
    },

    /** The incident whose own channel this is. */
    async incidentOfChannel(channel: string): Promise<string | undefined> {
      const [row] = await orm
        .select({ key: slackMessages.key })
        .from(slackMessages)
        .where(and(eq(slackMessages.channel, channel), like(slackMessages.key, 'channel:%')));
      return row?.key.slice('channel:'.length);
    },
  };
}
