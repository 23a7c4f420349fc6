import { createJobQueue } from '../adapters/db/job-queue.ts';
import { createLogger } from '../adapters/log.ts';
import { openConfiguredDatabase } from '../app.ts';
import { loadConfig, secretValues } from '../config.ts';
import { AppError } from '../errors.ts';
import { systemClock } from '../time.ts';

const SHOWN = 100;

/** `aire outbox list`: the jobs that were given up on. */
export async function listDead(write: (line: string) => void): Promise<void> {
  await withQueue(async (queue) => {
    const dead = await queue.listDead(SHOWN);
    if (dead.length === 0) write('Nothing was given up on.');
    for (const job of dead)
      write(
        `${job.id}  ${job.kind}  ${job.attempts} tries, given up ${job.endedAt?.toISOString() ?? ''}  ${job.error ?? ''}`,
      );
  });
}

/** `aire outbox retry <id>`: makes a dead job ready again. @throws AppError `invalid_input`, `not_found`. */
export async function retryDead(id: string, write: (line: string) => void): Promise<void> {
  if (!/^\d{1,15}$/.test(id))
    throw new AppError('invalid_input', `"${id}" is no job number; aire outbox list shows them.`);
  await withQueue(async (queue) => {
    if (!(await queue.retryDead(Number(id), systemClock.now())))
      throw new AppError('not_found', `There is no dead job ${id}; aire outbox list shows them.`);
    write(`Job ${id} will be tried again.`);
  });
}

async function withQueue(work: (queue: ReturnType<typeof createJobQueue>) => Promise<void>): Promise<void> {
  const config = loadConfig();
  const { database, close } = await openConfiguredDatabase(
    config,
    createLogger({ level: config.logLevel, secrets: secretValues(config) }),
  );
  try {
    await work(createJobQueue(database));
  } finally {
    await close();
  }
}
