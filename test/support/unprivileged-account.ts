import { execFileSync } from 'node:child_process';

/** An account that may run what refuses root: PostgreSQL, PgBouncer. */
export interface Account {
  uid: number;
  gid: number;
}

/** Undefined when we are not root: then programs run as who we are. @throws Error where no account is known. */
export function accountForServers(): Account | undefined {
  return process.getuid?.() === 0 ? unprivilegedAccount() : undefined;
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
  throw new Error('Servers refuse to run as root, and there is neither an account postgres nor nobody.');
}
