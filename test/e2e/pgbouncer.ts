import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../src/cli/demo/free-port.ts';
import { accountForServers } from '../support/unprivileged-account.ts';
import { eventually } from './bot-process.ts';

const PGBOUNCER = '/usr/sbin/pgbouncer';

/** Why PgBouncer can't be run here and how to get it, or undefined when it can. */
export function missingPgBouncer(): string | undefined {
  return existsSync(PGBOUNCER)
    ? undefined
    : `${PGBOUNCER} missing: on Debian, apt-get install --no-install-recommends pgbouncer`;
}

/** Debian's PgBouncer in transaction mode, as it is shipped otherwise, in front of the database of this URL. */
export async function startPgBouncer(databaseUrl: string): Promise<{ url: string; close(): Promise<void> }> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  const account = accountForServers();
  const directory = await mkdtemp(join(tmpdir(), 'aire-pgbouncer-'));
  const file = join(directory, 'pgbouncer.ini');
  const ownPort = await freePort();
  const secret = password === '' ? '' : ` password=${decodeURIComponent(password)}`;
  await writeFile(
    file,
    `[databases]
* = host=${hostname} port=${port} user=${username}${secret}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${ownPort}
unix_socket_dir =
auth_type = any
pool_mode = transaction
`,
    { mode: 0o600 },
  );
  if (account !== undefined)
    for (const path of [directory, file]) await chown(path, account.uid, account.gid);
  const child = spawn(PGBOUNCER, [file], { ...account, cwd: directory, stdio: 'ignore' });
  const gone = once(child, 'exit');
  const url = `postgres://aire@127.0.0.1:${ownPort}${pathname}`;
  await eventually('PgBouncer lets in', async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.end();
    return true;
  });
  return {
    url,
    async close() {
      child.kill('SIGKILL');
      await gone;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
