import { sql } from 'drizzle-orm';
import type { Database } from '../../src/adapters/db/database.ts';
import { createJobQueue } from '../../src/adapters/db/job-queue.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import {
  createOutboxWorker,
  DONE,
  type JobHandler,
  type OutboxWorker,
  type WorkerOptions,
} from '../../src/adapters/outbox/worker.ts';
import { type Logger, silentLogger } from '../../src/log.ts';
import { createManualClock } from '../../src/time.ts';
import type { NewJob } from '../../src/verb.ts';
import { NOW } from './samples.ts';

/** A queue on the database with a clock that stands still, and workers on demand. */
export function createOutboxFixture(database: Database) {
  const clock = createManualClock(NOW);
  const queue = createJobQueue(database);
  const dead: string[] = [];
  const logged: string[] = [];
  const write: Logger['warn'] = (fields, message) => logged.push(`${message} ${JSON.stringify(fields)}`);
  return {
    clock,
    queue,
    stores: createStores(database, clock, () => {}),
    /** What workers reported as dead, as `kind: reason`. */
    dead,
    /** Warnings and errors, with their fields. */
    logged,

    /** A worker whose only secret is `hunter2`. */
    createWorker(
      handlers: Readonly<Record<string, JobHandler>>,
      options: Partial<WorkerOptions> = {},
    ): OutboxWorker {
      return createOutboxWorker({
        queue,
        handlers: new Map(Object.entries(handlers)),
        clock,
        log: { ...silentLogger, warn: write, error: write },
        busy: () => 0,
        scrub: (text) => text.replaceAll('hunter2', '[secret]'),
        onDead: async (job, reason) => {
          dead.push(`${job.kind}: ${reason}`);
        },
        ...options,
      });
    },

    /** The first job's row. */
    row: async () => (await database.rows(sql`select * from jobs order by id`))[0],

    /** As if every running job's process had died 20 seconds ago. */
    expireLeases: () =>
      database.orm.execute(
        sql`update jobs set lease_until = now() - interval '1 second' where state = 'running'`,
      ),
  };
}

export type OutboxFixture = ReturnType<typeof createOutboxFixture>;

/** A job of no interest but its kind and lane. */
export function job(kind: string, lane: string, rest: Partial<NewJob> = {}): NewJob {
  return { kind, lane, payload: {}, ...rest };
}

export function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

export function opening(gate: { open(): void }): JobHandler {
  return async () => {
    gate.open();
    return DONE;
  };
}
