import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDocumentStore, hashOf } from './documents.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aire-documents-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('writes a new file, creating the directory, and reads it back', async () => {
  const store = createDocumentStore(join(directory, 'a', 'b'));
  expect(await store.read('inc_1.md')).toBeUndefined();
  const answer = await store.write('inc_1.md', 'Grüße\n');
  expect(answer).toEqual({
    path: join(directory, 'a', 'b', 'inc_1.md'),
    hash: hashOf('Grüße\n'),
    written: true,
  });
  expect(await store.read('inc_1.md')).toEqual({ text: 'Grüße\n', hash: hashOf('Grüße\n') });
  expect(await readdir(join(directory, 'a', 'b'))).toEqual(['inc_1.md']);
});

test('replaces what it wrote itself, but leaves a file alone that a person edited', async () => {
  const store = createDocumentStore(directory);
  const first = await store.write('x.md', 'draft 1');
  const second = await store.write('x.md', 'draft 2', { ifUnchangedFrom: first.hash });
  expect(second.written).toBe(true);

  await writeFile(second.path, 'draft 2, corrected by Ana');
  const third = await store.write('x.md', 'draft 3', { ifUnchangedFrom: second.hash });
  expect(third).toEqual({ path: second.path, hash: hashOf('draft 2, corrected by Ana'), written: false });
  expect(await readFile(second.path, 'utf8')).toBe('draft 2, corrected by Ana');

  expect((await store.write('x.md', 'draft 4')).written).toBe(true);
  expect(await readFile(second.path, 'utf8')).toBe('draft 4');
});

test('a second attempt at a write that had happened says it is written', async () => {
  const store = createDocumentStore(directory);
  const before = await store.write('x.md', 'draft 1');
  await store.write('x.md', 'draft 2', { ifUnchangedFrom: before.hash });
  const again = await store.write('x.md', 'draft 2', { ifUnchangedFrom: before.hash });
  expect(again).toMatchObject({ hash: hashOf('draft 2'), written: true });
});

test('of two writes from the same hash, the second finds the file changed', async () => {
  const store = createDocumentStore(directory);
  const { hash } = await store.write('x.md', 'draft 1');
  const answers = await Promise.all([
    store.write('x.md', 'draft A', { ifUnchangedFrom: hash }),
    store.write('x.md', 'draft B', { ifUnchangedFrom: hash }),
  ]);
  expect(answers.map((answer) => answer.written)).toEqual([true, false]);
  expect((await store.read('x.md'))?.text).toBe('draft A');
});

test('a write that fails does not stop the next one', async () => {
  const store = createDocumentStore(directory);
  await rm(directory, { recursive: true });
  await writeFile(directory, 'a file where the directory should be');
  await expect(store.write('x.md', 'text')).rejects.toThrow();
  await rm(directory);
  expect((await store.write('x.md', 'text')).written).toBe(true);
  expect(await readdir(directory)).toEqual(['x.md']);
});

test.each(['../x', 'a/b', 'a\\b', '', '.', '..', '.hidden', 'a\0b', 'x'.repeat(201), 'a b'])(
  'refuses the name %j',
  async (name) => {
    const store = createDocumentStore(directory);
    await expect(store.write(name, 'text')).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(store.read(name)).rejects.toMatchObject({ code: 'invalid_input' });
  },
);
