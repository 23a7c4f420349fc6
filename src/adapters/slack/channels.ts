import type { WebClient } from '@slack/web-api';

interface ListedChannel {
  readonly id?: string;
  readonly name?: string;
  readonly creator?: string;
}

/** The first channel the bot can see that fits; reads the list page by page. */
export async function findChannel(
  client: WebClient,
  fits: (channel: ListedChannel) => boolean,
): Promise<string | undefined> {
  let cursor: string | undefined;
  do {
    const page = await client.conversations.list({
      limit: 1000,
      exclude_archived: true,
      types: 'public_channel,private_channel',
      ...(cursor === undefined ? {} : { cursor }),
    });
    const found = page.channels?.find(fits);
    if (found?.id !== undefined) return found.id;
    cursor = page.response_metadata?.next_cursor || undefined;
  } while (cursor !== undefined);
  return undefined;
}

/** The id of a channel that may be written as its name. */
export async function findChannelId(client: WebClient, channel: string): Promise<string | undefined> {
  return /^[CGD][A-Z0-9]{5,}$/.test(channel) ? channel : findChannel(client, (each) => each.name === channel);
}
