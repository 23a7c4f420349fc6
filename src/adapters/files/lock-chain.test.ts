import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Holder, linkNew, lockPath, prepareHolder, readChain, succeed } from './lock-chain.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'aire-chain-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function contender(): Promise<{ own: Holder; prepared: string }> {
  const own = { token: randomUUID(), pid: 1, hostname: 'h', pidScope: 's', startedAt: '1' };
  return { own, prepared: await prepareHolder(root, own) };
}

async function locked(): Promise<Holder> {
  const { own, prepared } = await contender();
  await linkNew(prepared, lockPath(root));
  await rm(prepared);
  return own;
}

const chain = async () => (await readChain(root)).map((holder) => holder.token);

test('a dead lock is succeeded once, and nothing is left over', async () => {
  await locked();
  const seen = await readChain(root);
  const first = await contender();
  expect(await succeed(root, seen, first.prepared, first.own)).toBe(true);
  expect(await chain()).toEqual([first.own.token]);
  expect(await readdir(root)).toEqual(['aire.lock']);
});

test('whoever read the dead lock before it was succeeded does not succeed it again', async () => {
  await locked();
  const seen = await readChain(root);
  const first = await contender();
  const late = await contender();
  await succeed(root, seen, first.prepared, first.own);
  expect(await succeed(root, seen, late.prepared, late.own)).toBe(false);
  expect(await chain()).toEqual([first.own.token]);
});

test('nor when the successor has left again', async () => {
  await locked();
  const seen = await readChain(root);
  const late = await contender();
  await rm(lockPath(root));
  expect(await succeed(root, seen, late.prepared, late.own)).toBe(false);
  expect(await chain()).toEqual([]);
});

test('while one claims, another cannot; a claimant that died is succeeded together with the lock', async () => {
  const dead = await locked();
  const seen = await readChain(root);
  const claimant = await contender();
  await linkNew(claimant.prepared, `${lockPath(root)}.${dead.token}`);
  await rm(claimant.prepared);
  const other = await contender();
  expect(await succeed(root, seen, other.prepared, other.own)).toBe(false);
  expect(await chain()).toEqual([dead.token, claimant.own.token]);

  expect(await succeed(root, await readChain(root), other.prepared, other.own)).toBe(true);
  expect(await chain()).toEqual([other.own.token]);
  expect(await readdir(root)).toEqual(['aire.lock']);
});
