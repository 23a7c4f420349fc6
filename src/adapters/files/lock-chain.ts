import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError, messageOf } from '../../errors.ts';
import { parseJson } from '../../json.ts';

const holderSchema = z.object({
  /** Unique to one taking of the lock. */
  token: z.uuid(),
  pid: z.int().positive(),
  hostname: z.string(),
  pidScope: z.string(),
  startedAt: z.string(),
});

/** What a lock file says about who made it. */
export type Holder = z.infer<typeof holderSchema>;

export interface SeenHolder extends Holder {
  readonly path: string;
}

/** The lock file of a directory. */
export function lockPath(root: string): string {
  return join(root, 'aire.lock');
}

/** Writes a lock file under a name of its own, to be put in place by {@link linkNew} or {@link succeed}. */
export async function prepareHolder(root: string, holder: Holder): Promise<string> {
  const path = `${lockPath(root)}.${holder.token}.new`;
  const file = await open(path, 'wx');
  try {
    await file.writeFile(`${JSON.stringify(holder)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}

/** Creates `target` exclusively and complete with its content; opening it exclusively would show it empty first. */
export async function linkNew(prepared: string, target: string): Promise<boolean> {
  try {
    await link(prepared, target);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/**
 * The lock's holder, whoever claimed to succeed it, whoever claimed to succeed that one, and so on.
 *
 * @throws AppError `directory_in_use` when a file of them cannot be read.
 */
export async function readChain(root: string): Promise<SeenHolder[]> {
  const chain: SeenHolder[] = [];
  let path = lockPath(root);
  for (;;) {
    const holder = await readHolder(path);
    if (holder === undefined) return chain;
    chain.push({ ...holder, path });
    path = claimPath(root, holder);
  }
}

/** One lock file; undefined when there is none. */
export async function readHolder(path: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new AppError(
      'directory_in_use',
      `${path} cannot be read (${messageOf(error)}). Check who may read it.`,
    );
  }
  const holder = holderSchema.safeParse(parseJson(text));
  if (holder.success) return holder.data;
  throw new AppError(
    'directory_in_use',
    `${path} is not a lock of aire. If no aire uses that directory, delete the file.`,
  );
}

/**
 * Replaces the lock of a chain whose members are all dead; false when somebody else was faster.
 *
 * Nobody but its holder deletes a lock file. A dead holder's is replaced by whoever creates
 * `aire.lock.<its token>`, a claim that only one process can win. The claim counts only if everything is
 * still as it was read: the lock may have been replaced, and the claim on it removed, in between.
 */
export async function succeed(
  root: string,
  seen: readonly SeenHolder[],
  prepared: string,
  own: Holder,
): Promise<boolean> {
  const last = seen.at(-1);
  if (last === undefined) return false;
  const claim = claimPath(root, last);
  if (!(await linkNew(prepared, claim))) return false;
  const now = await readChain(root);
  if (tokens(now) !== tokens([...seen, own])) {
    await rm(claim, { force: true });
    return false;
  }
  await rename(prepared, lockPath(root));
  for (const holder of seen) await rm(claimPath(root, holder), { force: true });
  return true;
}

function claimPath(root: string, holder: Holder): string {
  return `${lockPath(root)}.${holder.token}`;
}

function tokens(chain: readonly Holder[]): string {
  return chain.map((holder) => holder.token).join();
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
