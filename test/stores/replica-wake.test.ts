import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Database, openDatabase } from '../../src/adapters/db/database.ts';
import { createReplicaWake } from '../../src/adapters/db/replica-wake.ts';
import { silentLogger } from '../../src/log.ts';
import { createScratchDatabase, type ScratchDatabase } from '../support/postgres-server.ts';

let scratch: ScratchDatabase;
let database: Database;
beforeAll(async () => {
  scratch = await createScratchDatabase(inject('postgresUrl'));
  database = await openDatabase({ kind: 'postgres', url: scratch.url }, silentLogger);
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});

/** A replica that counts what it hears; `heard(n)` resolves when it has heard so much. */
function createReplica() {
  let count = 0;
  let check = () => {};
  const wake = createReplicaWake(
    scratch.url,
    () => {
      count += 1;
      check();
    },
    silentLogger,
  );
  const heard = (n: number) =>
    new Promise<void>((resolve) => {
      check = () => {
        if (count >= n) resolve();
      };
      check();
    });
  return { ...wake, heard, count: () => count };
}

async function untilListening(replicas: number): Promise<void> {
  for (let listening = -1; listening !== replicas; ) {
    const [row] = await database.rows(
      sql`select count(*)::int as n from pg_stat_activity where datname = current_database() and query ilike 'listen%' and state = 'idle'`,
    );
    listening = Number(row?.n);
  }
}

it('tells the other replicas of a burst of commits once, and not itself', async () => {
  const [one, other] = [createReplica(), createReplica()];
  try {
    await untilListening(2);
    for (let i = 0; i < 20; i++) one.announce();
    await other.heard(1);
    other.announce();
    await one.heard(1);
    expect([one.count(), other.count()]).toEqual([1, 1]);
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
  await untilListening(0);
});
