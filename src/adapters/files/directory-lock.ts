import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '../../errors.ts';
import {
  type Holder,
  linkNew,
  lockPath,
  prepareHolder,
  readChain,
  readHolder,
  type SeenHolder,
  succeed,
} from './lock-chain.ts';
import { ownIdentity, processLiveness } from './process-identity.ts';

/** An exclusive hold on a directory. */
export interface DirectoryLock {
  /** Gives the directory back. May be called again. */
  release(): Promise<void>;
}

const HEARTBEAT_MS = 5_000;
/** A holder in another container is taken for dead when it has not shown itself this long. */
const SILENT_MS = 30_000;
const MAX_ATTEMPTS = 20;

/**
 * Takes a directory, creating it if need be, for this process alone: an embedded database has no lock
 * of its own (reference dependencies). What a dead process left behind is taken over.
 *
 * @throws AppError `directory_in_use` when another process has it, or when the lock cannot be read.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const root = resolve(directory);
  await mkdir(root, { recursive: true });
  const own = { token: randomUUID(), ...(await ownIdentity()) };
  const prepared = await prepareHolder(root, own);
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const seen = await readChain(root);
      const last = seen.at(-1);
      if (last !== undefined && (await isLive(last, own, prepared))) throw inUseBy(last, own, root);
      const taken =
        last === undefined
          ? await linkNew(prepared, lockPath(root))
          : await succeed(root, seen, prepared, own);
      if (taken) return hold(lockPath(root), own);
    }
  } finally {
    await rm(prepared, { force: true });
  }
  throw new AppError(
    'directory_in_use',
    `${root} is being taken by other processes at the same moment. Start again.`,
  );
}

function inUseBy(holder: Holder, own: Holder, root: string): AppError {
  const where = holder.hostname === own.hostname ? '' : ` on ${holder.hostname}`;
  return new AppError(
    'directory_in_use',
    `${root} is in use by another aire (process ${holder.pid}${where}). Stop it first, ` +
      'or set AIRE_DATA_DIR to another directory, or use DATABASE_URL to run several.',
  );
}

async function isLive(holder: SeenHolder, own: Holder, prepared: string): Promise<boolean> {
  const liveness = await processLiveness(holder, own);
  if (liveness !== 'unknown') return liveness === 'alive';
  const shown = await stat(holder.path).catch(() => undefined);
  // A file of our own tells the time as that file system has it.
  const now = await stat(prepared);
  return shown !== undefined && now.mtimeMs - shown.mtimeMs < SILENT_MS;
}

function hold(path: string, own: Holder): DirectoryLock {
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A missed heartbeat is made up for by the next.
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    release: async () => {
      clearInterval(heartbeat);
      const holder = await readHolder(path).catch(() => undefined);
      if (holder?.token === own.token) await rm(path, { force: true });
    },
  };
}
