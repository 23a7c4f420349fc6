import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../src/cli/demo/free-port.ts';
import { supervise } from '../support/embedded-postgres.ts';
import { accountForServers } from '../support/unprivileged-account.ts';

const run = promisify(execFile);

/** A PostgreSQL as an operator installs it: default settings, so that a commit is on disk before it is answered. */
export interface DurablePostgres {
  /** Superuser URL of its maintenance database. */
  readonly url: string;
  /** Where `pgbench` is. */
  readonly bin: string;
  /** Such as `postgres (PostgreSQL) 15.18 (Debian 15.18-1)`. */
  readonly version: string;
  stop(): Promise<void>;
}

/** Starts the installed PostgreSQL on a free port with an empty cluster. Throws with what to install when there is none. */
export async function startDurablePostgres(): Promise<DurablePostgres> {
  const bin = await findBinaries();
  const account = accountForServers();
  const directory = await mkdtemp(join(tmpdir(), 'aire-bench-'));
  try {
    if (account !== undefined) await chown(directory, account.uid, account.gid);
    const options = { ...account, cwd: directory };
    const data = join(directory, 'data');
    await run(
      join(bin, 'initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'],
      options,
    );
    const port = await freePort();
    const where = ['-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
    const server = supervise([directory, join(bin, 'postgres'), '-D', data, ...where], options);
    if (!(await server.start())) {
      await server.stop();
      throw new Error(server.said());
    }
    const { stdout } = await run(join(bin, 'postgres'), ['--version']);
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      bin,
      version: stdout.trim(),
      stop: server.stop,
    };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** The directory that has the server and pgbench; Debian keeps them out of PATH. */
async function findBinaries(): Promise<string> {
  const told = await run('pg_config', ['--bindir']).then(
    ({ stdout }) => [stdout.trim()],
    () => [],
  );
  const debian = [18, 17, 16, 15].map((version) => `/usr/lib/postgresql/${version}/bin`);
  const found = [...told, ...debian].find((bin) =>
    ['initdb', 'postgres', 'pgbench'].every((name) => existsSync(join(bin, name))),
  );
  if (found === undefined)
    throw new Error(
      'The benchmarks need a PostgreSQL server with pgbench, 15 or later. On Debian: apt-get install postgresql-15',
    );
  return found;
}
