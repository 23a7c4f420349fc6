import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { type Database, openDatabase } from '../../src/adapters/db/database.ts';
import { silentLogger } from '../../src/log.ts';
import { type BotProcess, eventually } from './bot-process.ts';
import type { Ingest } from './ingest.ts';

/** The ids of the deliveries of {@link Ingest} that the database has. */
export async function storedDeliveries(databaseUrl: string): Promise<readonly string[]> {
  return look(databaseUrl, (database) =>
    idsOf(database, sql`select id from deliveries where id like 'evals:d%'`),
  );
}

/**
 * Waits until all work is done, then expects that everything acknowledged is stored with its signals and evaluated, and
 * that one incident came of it, told once: nothing lost, nothing twice.
 */
export async function expectNothingLostNothingTwice(
  databaseUrl: string,
  bot: BotProcess,
  ingest: Ingest,
): Promise<void> {
  const acknowledged = [...ingest.acknowledged()].sort();
  await look(databaseUrl, async (database) => {
    await restOf(database);
    const measured = acknowledged.map((id) => id.replace('d', 'm'));
    expect(await idsOf(database, sql`select id from deliveries where id like 'evals:d%'`)).toEqual(
      acknowledged,
    );
    expect(await idsOf(database, sql`select id from signals where id ~ '^m[0-9]+$'`)).toEqual(
      measured.sort(),
    );
    expect(await numberOf(database, sql`select count(*)::int as n from jobs where state = 'dead'`)).toBe(0);
    expect(await numberOf(database, evaluationsSinceTheLastDelivery)).toBeGreaterThan(0);
    expect(await numberOf(database, sql`select count(*)::int as n from incidents`)).toBe(1);

    // A transaction that was killed may have used up a number.
    const number = await numberOf(database, sql`select number as n from incidents`);
    const channel = `inc-${number}-support-agent`;
    const { slack } = bot;
    const incidents = slack.channels().filter((each) => each.name.startsWith('inc-'));
    expect(incidents.map((each) => each.name)).toEqual([channel]);
    const announced = slack
      .channel('incidents')
      .messages.filter((message) => message.text.includes(`INC-${number}`));
    expect(announced).toHaveLength(1);
    const inChannel = slack.channel(channel).messages;
    expect(inChannel.filter((message) => message.pinned)).toHaveLength(1);
    const deployments = await idsOf(database, sql`select id from signals where type = 'change'`);
    const posts = inChannel.filter((message) => !message.pinned);
    const told = posts.flatMap((message) => /p\d+ → p(\d+)/.exec(slack.render(message))?.[1] ?? []);
    expect(told.map((n) => `c${n}`).sort()).toEqual(deployments);
    expect(deployments.length).toBeGreaterThan(0);
  });
}

const evaluationsSinceTheLastDelivery = sql`
  select count(*)::int as n from jobs where kind = 'service.evaluate' and state = 'done'
    and ended_at >= (select max(received_at) from deliveries)`;

/** Waits until no job is due or under way. */
export const untilAtRest = (databaseUrl: string): Promise<void> => look(databaseUrl, restOf);

function restOf(database: Database): Promise<void> {
  const left = sql`
    select count(*)::int as n from jobs where state = 'running' or (state = 'ready' and due_at <= now())`;
  return eventually('nothing is left to do', async () => (await numberOf(database, left)) === 0, 60);
}

async function idsOf(database: Database, query: ReturnType<typeof sql>): Promise<readonly string[]> {
  return (await database.rows(query)).map((row) => String(row.id).replace('evals:', '')).sort();
}

async function numberOf(database: Database, query: ReturnType<typeof sql>): Promise<number> {
  return Number((await database.rows(query))[0]?.n);
}

async function look<T>(databaseUrl: string, at: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase({ kind: 'postgres', url: databaseUrl }, silentLogger);
  try {
    return await at(database);
  } finally {
    await database.close();
  }
}
