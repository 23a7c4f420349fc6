import { and, eq, like } from 'drizzle-orm';
import type { Database } from './database.ts';
import { slackMessages } from './tables.ts';

/** Where in Slack things are shown. */
export function createSlackMessages({ orm }: Database) {
  return {
    async find(key: string): Promise<{ channel: string; ts: string | null } | undefined> {
      const [row] = await orm.select().from(slackMessages).where(eq(slackMessages.key, key));
      return row === undefined ? undefined : { channel: row.channel, ts: row.ts };
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
