import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRunbookFiles } from './yaml-files.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aire-runbooks-'));
  await writeFile(join(directory, 'playbook.yaml'), 'phases: []\n');
  await mkdir(join(directory, 'services'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const service = (name: string, content: string | Buffer) =>
  writeFile(join(directory, 'services', name), content);

test('reads the playbook, then the services by name; leaves out what is neither', async () => {
  await service('b.yml', 'service: b');
  await service('a.yaml', '\uFEFFservice: a');
  await service('.#a.yaml', 'an editor’s lock');
  await service('notes.md', '#');
  await writeFile(join(directory, 'extra.yaml'), 'x: 1');
  expect(await readRunbookFiles(directory)).toEqual([
    { path: 'playbook.yaml', text: 'phases: []\n' },
    { path: 'services/a.yaml', text: 'service: a' },
    { path: 'services/b.yml', text: 'service: b' },
  ]);
});

test('follows links, as mounted volumes use them', async () => {
  await writeFile(join(directory, 'data'), 'service: c');
  await symlink(join(directory, 'data'), join(directory, 'services', 'c.yaml'));
  expect((await readRunbookFiles(directory))[1]).toEqual({ path: 'services/c.yaml', text: 'service: c' });
});

test('no service yet is fine', async () => {
  await rm(join(directory, 'services'), { recursive: true });
  expect(await readRunbookFiles(directory)).toHaveLength(1);
});

test('a missing directory or playbook says which variable to set', async () => {
  await expect(readRunbookFiles(join(directory, 'nowhere'))).rejects.toMatchObject({
    code: 'runbooks_invalid',
    message: expect.stringMatching(/nowhere does not exist\. Set AIRE_RUNBOOKS_DIR/),
  });
  await rm(join(directory, 'playbook.yaml'));
  await expect(readRunbookFiles(directory)).rejects.toMatchObject({
    code: 'runbooks_invalid',
    message: expect.stringMatching(/playbook\.yaml is missing\./),
  });
});

test('a file of 1 MB is read; a larger one is refused by name', async () => {
  await service('big.yaml', '#'.repeat(1024 * 1024));
  expect(await readRunbookFiles(directory)).toHaveLength(2);
  await service('big.yaml', '#'.repeat(1024 * 1024 + 1));
  await expect(readRunbookFiles(directory)).rejects.toMatchObject({
    code: 'runbooks_invalid',
    message: expect.stringContaining('big.yaml is larger than 1 MB'),
  });
});

test('a directory in a file’s place, and bytes that are not UTF-8, are refused by name', async () => {
  await service('latin.yaml', Buffer.from([0x73, 0xfc]));
  await expect(readRunbookFiles(directory)).rejects.toMatchObject({
    code: 'runbooks_invalid',
    message: expect.stringContaining('latin.yaml is not UTF-8'),
  });
  await rm(join(directory, 'services', 'latin.yaml'));
  await mkdir(join(directory, 'services', 'dir.yaml'));
  await expect(readRunbookFiles(directory)).rejects.toMatchObject({
    code: 'runbooks_invalid',
    message: expect.stringContaining('dir.yaml cannot be read'),
  });
});
