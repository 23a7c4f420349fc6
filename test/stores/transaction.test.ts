import { sql } from 'drizzle-orm';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase, type Transaction } from '../../src/adapters/db/database.ts';
import { silentLogger } from '../../src/log.ts';
import { describeOnBoth, openTestPostgres } from '../support/databases.ts';
import { openHeldLine } from '../support/held-line.ts';

const insert = (tx: Transaction, key: string) =>
  tx.often(sql`insert into slack_messages (key, channel) values (${key}, 'C1')`);
const which = async (tx: Transaction) =>
  (await tx.often(sql`select pg_current_xact_id()::text as id`))[0]?.id;

describeOnBoth('a transaction', (open) => {
  let database: Database;
  beforeAll(async () => {
    database = (await open()).database;
  });
  beforeEach(() => database.rows(sql`delete from slack_messages`));

  const keys = async () =>
    (await database.rows(sql`select key from slack_messages order by key`)).map(({ key }) => key);

  it('is one, though nothing in it waits for its begin, and answers what its work did', async () => {
    const ids = await database.transaction((tx) => Promise.all([which(tx), which(tx)]));
    expect(ids[0]).toBe(ids[1]);
    await database.transaction((tx) => Promise.all([insert(tx, 'a'), insert(tx, 'b')]));
    expect(await keys()).toEqual(['a', 'b']);
  });

  it('statements outside it are not (control)', async () => {
    expect(await which(database)).not.toBe(await which(database));
  });

  it('leaves nothing behind when its work fails, or one of its statements', async () => {
    const left = database.transaction(async (tx) => {
      await insert(tx, 'a');
      throw new Error('changed my mind');
    });
    await expect(left).rejects.toThrow('changed my mind');
    const refused = database.transaction(async (tx) => {
      const sent = [insert(tx, 'a'), insert(tx, 'a'), insert(tx, 'b')];
      for (const end of await Promise.allSettled(sent)) if (end.status === 'rejected') throw end.reason;
    });
    await expect(refused).rejects.toMatchObject({ cause: { code: '23505' } });
    expect(await keys()).toEqual([]);
    // The next one is not part of it.
    await database.transaction((tx) => insert(tx, 'c'));
    expect(await keys()).toEqual(['c']);
  });
});

it('whose connection is lost fails, and the next has another', async () => {
  const { database, close } = await openTestPostgres();
  try {
    const lost = database.transaction(async (tx) => {
      await insert(tx, 'a');
      await tx.often(sql`select pg_terminate_backend(pg_backend_pid())`);
    });
    await expect(lost).rejects.toThrow();
    await database.transaction((tx) => insert(tx, 'b'));
    expect(await database.rows(sql`select key from slack_messages`)).toEqual([{ key: 'b' }]);
  } finally {
    await close();
  }
});

it('sends its first statements before its begin has answered', async () => {
  const { url, close } = await openTestPostgres();
  const line = await openHeldLine(url);
  const database = await openDatabase({ kind: 'postgres', url: line.url }, silentLogger);
  try {
    line.hold();
    const saved = database.transaction((tx) => insert(tx, 'together'));
    await line.untilAsked('together');
    line.release();
    await saved;

    // The query builder's own waits for it (control).
    line.hold();
    const waited = database.orm.transaction((tx) => tx.execute(sql`select ${'later'}::text`));
    await line.untilAnswered();
    expect(line.asked()).not.toContain('later');
    line.release();
    await waited;
  } finally {
    await database.close();
    line.close();
    await close();
  }
});
