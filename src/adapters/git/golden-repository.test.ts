import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createGoldenRepository } from './golden-repository.ts';

let root: string;
let directory: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'aire-golden-'));
  directory = join(root, 'golden');
  // A person's settings, as strict as they come: no identity, none guessed, every commit signed.
  await writeFile(join(root, '.gitconfig'), '[user]\n\tuseConfigOnly = true\n[commit]\n\tgpgSign = true\n');
  vi.stubEnv('HOME', root);
  vi.stubEnv('XDG_CONFIG_HOME', join(root, 'no-config'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

const author = { name: 'aire', email: 'aire@example.com' };
const open = () => createGoldenRepository({ directory, author });
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const aCase = (caseId: string, input = 'hello', service = 'support-agent') => ({
  service,
  caseId,
  line: JSON.stringify({ id: caseId, input }),
  message: `Add golden case ${caseId}`,
});
const commits = () => git('log', '--format=%s').split('\n').filter(Boolean);
const committed = (path: string) => git('show', `HEAD:${path}`).split('\n');

test('makes the directory a repository and commits as its own author, with no identity configured', async () => {
  const answer = await open().commitCase(aCase('c1'));
  expect(answer).toEqual({ path: 'cases/support-agent.jsonl', commit: git('rev-parse', 'HEAD') });
  expect(git('log', '-1', '--format=%an <%ae> %cn <%ce> %s')).toBe(
    'aire <aire@example.com> aire <aire@example.com> Add golden case c1',
  );
  expect(committed(answer.path)).toEqual([aCase('c1').line]);
  expect(git('status', '--porcelain')).toBe('');
  expect(git('branch', '--show-current')).toBe('main');
  expect(() => git('-c', 'commit.gpgSign=false', 'commit', '--allow-empty', '-m', 'x')).toThrow(
    /identity|email/,
  );
});

test('the same line again is the same commit; another line of that case replaces it', async () => {
  const first = await open().commitCase(aCase('c1'));
  await open().commitCase(aCase('x1', 'hello', 'other'));
  expect(await open().commitCase(aCase('c1'))).toEqual(first);
  expect(commits()).toHaveLength(2);
  const changed = await open().commitCase(aCase('c1', 'bye'));
  expect(changed.commit).not.toBe(first.commit);
  expect(committed(changed.path)).toEqual([aCase('c1', 'bye').line]);
});

test('commits only its file: what a person has staged or changed stays theirs', async () => {
  await open().commitCase(aCase('c1'));
  await writeFile(join(directory, 'README.md'), 'staged');
  git('add', 'README.md');
  await writeFile(join(directory, 'notes.md'), 'untracked');
  await open().commitCase(aCase('c2'));
  expect(git('show', '--name-only', '--format=', 'HEAD')).toBe('cases/support-agent.jsonl');
  expect(git('status', '--porcelain')).toBe('A  README.md\n?? notes.md');
});

test('does not commit into a repository above, nor into the one a hook’s environment names', async () => {
  execFileSync('git', ['init', '--quiet', root]);
  await mkdir(directory);
  vi.stubEnv('GIT_DIR', join(root, '.git'));
  vi.stubEnv('GIT_INDEX_FILE', join(root, 'another-index'));
  await open().commitCase(aCase('c1'));
  vi.stubEnv('GIT_DIR', undefined);
  vi.stubEnv('GIT_INDEX_FILE', undefined);
  expect(git('rev-parse', '--show-toplevel')).toMatch(/\/golden$/);
  expect(commits()).toEqual(['Add golden case c1']);
  expect(() => execFileSync('git', ['-C', root, 'rev-parse', '--verify', '-q', 'HEAD'])).toThrow();
});

test('concurrent calls all arrive, one commit each', async () => {
  const repository = open();
  const ids = Array.from({ length: 6 }, (_, index) => `c${index}`);
  const answers = await Promise.all(ids.map((id) => repository.commitCase(aCase(id))));
  expect(new Set(answers.map((answer) => answer.commit)).size).toBe(6);
  expect(committed('cases/support-agent.jsonl')).toEqual(ids.map((id) => aCase(id).line));
});

test('what a crash left written but not committed is committed by the next call', async () => {
  await open().commitCase(aCase('c1'));
  const file = join(directory, 'cases', 'support-agent.jsonl');
  await writeFile(file, `${aCase('c1').line}\n${aCase('c2').line}\n`);
  await writeFile(`${file}.tmp`, 'half a li');
  const healed = await open().commitCase(aCase('c2'));
  expect(commits()).toEqual(['Add golden case c2', 'Add golden case c1']);
  expect(healed.commit).toBe(git('rev-parse', 'HEAD'));

  git('rm', '--quiet', '--cached', 'cases/support-agent.jsonl');
  expect((await open().commitCase(aCase('c2'))).commit).toBe(healed.commit);
});

test('a repository whose making was cut off is completed', async () => {
  await mkdir(join(directory, '.git', 'objects'), { recursive: true });
  await open().commitCase(aCase('c1'));
  expect(commits()).toHaveLength(1);
});

test('a file deleted by hand does not take its other cases along', async () => {
  await open().commitCase(aCase('c1'));
  await rm(join(directory, 'cases'), { recursive: true });
  await open().commitCase(aCase('c2'));
  expect(committed('cases/support-agent.jsonl')).toEqual([aCase('c1').line, aCase('c2').line]);
});

test('commits although the file is ignored', async () => {
  await mkdir(directory);
  await writeFile(join(directory, '.gitignore'), '*.jsonl\n');
  await open().commitCase(aCase('c1'));
  expect(git('ls-files')).toBe('cases/support-agent.jsonl');
});

test('says what Git said when it refuses, and works once that is put right', async () => {
  const repository = open();
  await repository.commitCase(aCase('c1'));
  const lock = join(directory, '.git', 'index.lock');
  await writeFile(lock, '');
  await expect(repository.commitCase(aCase('c2'))).rejects.toMatchObject({
    code: 'not_allowed_now',
    message: expect.stringMatching(/golden case c2 could not be committed in .*index\.lock/s),
  });
  await rm(lock);
  await repository.commitCase(aCase('c2'));
  expect(commits()).toHaveLength(2);
});

test('a hook that refuses without a word is not taken for a commit', async () => {
  const repository = open();
  await repository.commitCase(aCase('c1'));
  const hook = join(directory, '.git', 'hooks', 'pre-commit');
  await mkdir(join(directory, '.git', 'hooks'), { recursive: true });
  await writeFile(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  await expect(repository.commitCase(aCase('c2'))).rejects.toMatchObject({
    code: 'not_allowed_now',
    message: expect.stringContaining('a hook may have refused it'),
  });
  await rm(hook);
  await repository.commitCase(aCase('c2'));
  expect(commits()).toHaveLength(2);
});

test.each(['../x', 'a/b', 'a\\b', '', '..', '.git', '-x', 'a b', 'a\0'])(
  'refuses the service %j',
  async (service) => {
    await expect(open().commitCase(aCase('c1', 'hello', service))).rejects.toMatchObject({
      code: 'invalid_input',
    });
    expect(await readdir(root)).not.toContain('golden');
  },
);

test('a message that looks like an option, and a line with odd characters, stay what they are', async () => {
  const odd = { ...aCase('c1', '`$(id)` "\u2028 ünï'), message: '--amend' };
  await open().commitCase(odd);
  expect(commits()).toEqual(['--amend']);
  expect(await readFile(join(directory, 'cases', 'support-agent.jsonl'), 'utf8')).toBe(`${odd.line}\n`);
});
