import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, messageOf } from '../../errors.ts';

/** A file's text, and its path relative to the runbooks directory, with `/`, for messages. */
export interface RunbookFile {
  readonly path: string;
  readonly text: string;
}

const MAX_BYTES = 1024 * 1024;

/**
 * `playbook.yaml` first, then `services/*.yaml` and `services/*.yml` by name. Files whose names begin
 * with a dot are left out: editors and mounted volumes keep their own there.
 *
 * @throws AppError `runbooks_invalid` when the directory or the playbook is missing, or a file cannot be read.
 */
export async function readRunbookFiles(directory: string): Promise<RunbookFile[]> {
  const entries = await listing(directory);
  if (entries === undefined) {
    throw invalid(
      `The runbooks directory ${directory} does not exist. Set AIRE_RUNBOOKS_DIR to the one that has playbook.yaml.`,
    );
  }
  if (!entries.includes('playbook.yaml')) {
    throw invalid(
      `${join(directory, 'playbook.yaml')} is missing. Restore it, or set AIRE_RUNBOOKS_DIR to the directory that has it.`,
    );
  }
  const services = ((await listing(join(directory, 'services'))) ?? [])
    .filter((name) => /^[^.].*\.ya?ml$/.test(name))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => `services/${name}`);
  return Promise.all(
    ['playbook.yaml', ...services].map(async (path) => ({
      path,
      text: await readText(join(directory, path)),
    })),
  );
}

async function listing(directory: string): Promise<string[] | undefined> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw invalid(
      `${directory} cannot be listed (${messageOf(error)}). Check that it is a readable directory.`,
    );
  }
}

async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) {
      throw invalid(`${file} is larger than 1 MB. Split the service, or check that it is the right file.`);
    }
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw invalid(`${file} cannot be read (${messageOf(error)}). Check that it is a readable file.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid(`${file} is not UTF-8 text. Save it as UTF-8.`);
  }
}

function invalid(message: string): AppError {
  return new AppError('runbooks_invalid', message);
}
