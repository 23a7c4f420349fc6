import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { messageOf } from '../../errors.ts';
import { lockDirectory } from './directory-lock.ts';
import { ownIdentity } from './process-identity.ts';

let directory: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aire-lock-'));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  await rm(directory, { recursive: true, force: true });
});

/** Another process that takes the lock, says `held` or the error's code, and stays until it is killed. */
function startHolder(): { child: ChildProcess; said: Promise<string> } {
  const script = `
    const { lockDirectory } = await import(${JSON.stringify(new URL('./directory-lock.ts', import.meta.url).href)});
    await lockDirectory(${JSON.stringify(directory)}).then(() => console.log('held'), (e) => console.log(e.code));
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const said = once(createInterface({ input: child.stdout }), 'line').then(([line]) => String(line));
  return { child, said };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** A lock, or a claim on the holder with the token `on`, as a process would have written it. */
async function plant(change: object = {}, on?: string): Promise<{ token: string; path: string }> {
  const token = randomUUID();
  const path = join(directory, on === undefined ? 'aire.lock' : `aire.lock.${on}`);
  await writeFile(path, JSON.stringify({ token, ...(await ownIdentity()), ...change }));
  return { token, path };
}

const DEAD = { startedAt: '1' };
const refusal = (): Promise<string> => lockDirectory(directory).then(() => 'held', messageOf);

test('one holder at a time; what is released can be taken again', async () => {
  const first = await lockDirectory(directory);
  await expect(lockDirectory(directory)).rejects.toMatchObject({
    code: 'directory_in_use',
    message:
      `${directory} is in use by another aire (process ${process.pid}). Stop it first, ` +
      'or set AIRE_DATA_DIR to another directory, or use DATABASE_URL to run several.',
  });
  await first.release();
  await first.release();
  expect(await readdir(directory)).toEqual([]);
  await (await lockDirectory(directory)).release();
});

test('creates the directory', async () => {
  const lock = await lockDirectory(join(directory, 'new', 'data'));
  expect(await readdir(join(directory, 'new', 'data'))).toEqual(['aire.lock']);
  await lock.release();
});

test('another process keeps it until it dies; kill -9 leaves nothing to clean up by hand', async () => {
  const { child, said } = startHolder();
  expect(await said).toBe('held');
  expect(await refusal()).toContain(`in use by another aire (process ${child.pid})`);
  await kill(child);
  const lock = await lockDirectory(directory);
  expect(await readdir(directory)).toEqual(['aire.lock']);
  await lock.release();
});

test('of several processes racing for a dead one’s lock, one wins', async () => {
  await plant(DEAD);
  const answers = await Promise.all([1, 2, 3, 4].map(() => startHolder().said));
  expect(answers.sort()).toEqual(['directory_in_use', 'directory_in_use', 'directory_in_use', 'held']);
});

test('of many attempts at the same moment, at a dead lock or at none, one wins', async () => {
  for (const stale of [true, false]) {
    for (let round = 0; round < 20; round++) {
      if (stale) await plant(DEAD);
      const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(directory)));
      const won = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
      const lost = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : []));
      expect(won).toHaveLength(1);
      for (const reason of lost) expect(reason).toMatchObject({ code: 'directory_in_use' });
      await won[0]?.release();
      expect(await readdir(directory)).toEqual([]);
    }
  }
});

test('a process number that was given again is not mistaken for the holder', async () => {
  await plant();
  expect(await refusal()).toContain(`process ${process.pid}`);
  await plant(DEAD);
  expect(await refusal()).toBe('held');
});

test('a holder in another container counts as alive while its heartbeat is fresh', async () => {
  for (const elsewhere of [{ hostname: 'pod-7' }, { pidScope: 'another boot' }]) {
    const { path } = await plant(elsewhere);
    expect(await refusal()).toContain(`is in use by another aire (process ${process.pid}`);
    const lastSeen = new Date(Date.now() - 60_000);
    await utimes(path, lastSeen, lastSeen);
    const lock = await lockDirectory(directory);
    await lock.release();
  }
});

test('a process that died while taking over is succeeded; one that is still at it is not', async () => {
  const { token } = await plant(DEAD);
  const claim = await plant({}, token);
  expect(await refusal()).toContain(`process ${process.pid}`);
  await rm(claim.path);
  const dead = await plant(DEAD, token);
  await plant(DEAD, dead.token);
  const lock = await lockDirectory(directory);
  expect(await readdir(directory)).toEqual(['aire.lock']);
  await lock.release();
});

test('a file that is no lock is left for a person to judge', async () => {
  await writeFile(join(directory, 'aire.lock'), '');
  expect(await refusal()).toMatch(
    /aire\.lock is not a lock of aire\. If no aire uses that directory, delete/,
  );
  expect(await readFile(join(directory, 'aire.lock'), 'utf8')).toBe('');
});

test('releasing does not take away what belongs to another by now', async () => {
  const lock = await lockDirectory(directory);
  const { path } = await plant();
  await lock.release();
  expect(await readFile(path, 'utf8')).not.toBe('');
});
