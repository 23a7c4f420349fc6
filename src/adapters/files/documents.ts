import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../errors.ts';

export interface WriteOptions {
  /** SHA-256, hexadecimal, of the text this store last wrote: a file with any other content was edited by a person. */
  readonly ifUnchangedFrom?: string;
}

/** Text files of one directory, such as postmortems, that people may edit too. */
export interface DocumentStore {
  /**
   * Makes the file hold this text, or leaves it alone when a person edited it (`written: false`, with
   * the hash of what is there). A reader sees the old text or the new one, never a part.
   *
   * @throws AppError `invalid_input` when the name could leave the directory.
   */
  write(
    name: string,
    text: string,
    options?: WriteOptions,
  ): Promise<{ readonly path: string; readonly hash: string; readonly written: boolean }>;
  /** The file's text and its hash; undefined when there is none. */
  read(name: string): Promise<{ readonly text: string; readonly hash: string } | undefined>;
}

/** SHA-256 of a text, hexadecimal. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Documents in `directory`, which is created at the first write. */
export function createDocumentStore(directory: string): DocumentStore {
  let last: Promise<unknown> = Promise.resolve();

  async function read(name: string): Promise<{ text: string; hash: string } | undefined> {
    try {
      const text = await readFile(pathOf(directory, name), 'utf8');
      return { text, hash: hashOf(text) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async function writeNow(name: string, text: string, options: WriteOptions) {
    const path = pathOf(directory, name);
    const hash = hashOf(text);
    const present = await read(name);
    // The same text may be there already, written by an attempt that was cut off before it said so.
    if (present?.hash === hash) return { path, hash, written: true };
    if (present && options.ifUnchangedFrom !== undefined && present.hash !== options.ifUnchangedFrom) {
      return { path, hash: present.hash, written: false };
    }
    await writeAtomically(path, text);
    return { path, hash, written: true };
  }

  return {
    read,
    write: (name, text, options = {}) => {
      // One at a time: comparing and replacing are two steps.
      const result = last.then(() => writeNow(name, text, options));
      last = result.catch(() => {});
      return result;
    },
  };
}

async function writeAtomically(path: string, text: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true });
  const temporary = join(directory, `.${randomBytes(8).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

/** Makes a rename survive a power cut; not every system can open a directory, and there it is left to the system. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

function pathOf(directory: string, name: string): string {
  if (!/^[A-Za-z0-9][\w.-]{0,199}$/.test(name)) {
    throw new AppError(
      'invalid_input',
      `\`${name}\` cannot be a file name: use letters, digits, - _ . only, up to 200, beginning with a letter or digit.`,
    );
  }
  return join(directory, name);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
