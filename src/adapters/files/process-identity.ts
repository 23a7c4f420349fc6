import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** One run of one process: a number is given again after a process ends, its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly hostname: string;
  /** Where `pid` means something: this boot of the machine and this container. Empty where the system does not tell. */
  readonly pidScope: string;
  /** Start of the process, in the system's ticks since boot. Empty where the system does not tell. */
  readonly startedAt: string;
}

/** Who this process is. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const [boot, namespace, started] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
    processState(process.pid),
  ]);
  return {
    pid: process.pid,
    hostname: hostname(),
    pidScope: `${boot.trim()} ${namespace}`.trim(),
    startedAt: started?.startedAt ?? '',
  };
}

/**
 * Whether that run of that process goes on. `unknown`: it ran in another machine, container or boot, so
 * its number says nothing here.
 */
export async function processLiveness(
  other: ProcessIdentity,
  own: ProcessIdentity,
): Promise<'alive' | 'dead' | 'unknown'> {
  if (other.hostname !== own.hostname || other.pidScope !== own.pidScope) return 'unknown';
  const state = await processState(other.pid);
  if (state !== undefined) return !state.ended && state.startedAt === other.startedAt ? 'alive' : 'dead';
  try {
    process.kill(other.pid, 0);
    return 'alive';
  } catch (error) {
    // Any other answer than "no such process" means that there is one.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH' ? 'dead' : 'alive';
  }
}

async function processState(pid: number): Promise<{ startedAt: string; ended: boolean } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The second field is the program's name in parentheses and may hold anything, so count from its end (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { startedAt: fields[19] ?? '', ended: fields[0] === 'Z' || fields[0] === 'X' };
}
