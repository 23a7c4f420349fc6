import { sql } from 'drizzle-orm';
import { type Database, openDatabase } from '../../src/adapters/db/database.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { silentLogger } from '../../src/log.ts';
import { systemClock } from '../../src/time.ts';
import { type BotProcess, eventually } from './bot-process.ts';

/** Jobs put into the database by somebody who wakes no replica. Each posts one message to the incidents channel. */
export async function openDirectWork(databaseUrl: string, bot: BotProcess) {
  const database: Database = await openDatabase({ kind: 'postgres', url: databaseUrl }, silentLogger);
  const { enqueue } = createStores(database, systemClock, () => {});
  const effects = (id: number): number =>
    bot.slack.channel('incidents').messages.filter((message) => message.text.includes(`“job-${id}”`)).length;
  return {
    close: () => database.close(),
    add: (id: number): Promise<void> =>
      enqueue({
        kind: 'job.report_dead',
        lane: `work-${id}`,
        payload: { jobId: id, kind: `job-${id}`, reason: 'r' },
      }),
    effects,
    /** The state of a job and how often it was tried. */
    async job(id: number) {
      const [row] = await database.rows(sql`select state, attempts from jobs where lane = ${`work-${id}`}`);
      return row;
    },
    /** Resolves with the seconds that went by until the job had its effect. */
    async untilDone(id: number): Promise<number> {
      const began = performance.now();
      await eventually(`job ${id} is done`, () => effects(id) > 0);
      return (performance.now() - began) / 1000;
    },
  };
}
