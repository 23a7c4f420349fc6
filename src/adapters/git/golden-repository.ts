import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type SimpleGit, simpleGit } from 'simple-git';
import { AppError, messageOf } from '../../errors.ts';
import { upsertCaseLine } from './case-lines.ts';

export interface GoldenRepositoryOptions {
  /** Becomes a Git repository of its own when it is none, even inside another one. */
  readonly directory: string;
  /** Who commits; nothing else needs to be configured for Git. */
  readonly author: { readonly name: string; readonly email: string };
}

export interface CaseToCommit {
  readonly service: string;
  readonly caseId: string;
  /** One JSON object whose `id` is `caseId`. */
  readonly line: string;
  readonly message: string;
}

/** The golden dataset as a Git repository: one JSONL file a service, one line a case. */
export interface GoldenRepository {
  /**
   * Adds or replaces the case and commits only its file. The same line again makes no new commit and
   * answers with the last one; what a crash left uncommitted is committed by the next call.
   *
   * @returns the file's path inside the repository and the full commit hash.
   * @throws AppError `invalid_input` for a bad service name or line, `not_allowed_now` when Git refuses.
   */
  commitCase(asked: CaseToCommit): Promise<{ readonly path: string; readonly commit: string }>;
}

/** The repository in `directory`, created at the first commit. Calls run one after another. */
export function createGoldenRepository(options: GoldenRepositoryOptions): GoldenRepository {
  const directory = resolve(options.directory);
  const { name, email } = options.author;
  let last: Promise<unknown> = Promise.resolve();

  async function openRepository(): Promise<SimpleGit> {
    await mkdir(directory, { recursive: true });
    const git = simpleGit({
      baseDir: directory,
      // A person's own settings must not make the bot's commit wait for a passphrase.
      config: [`user.name=${name}`, `user.email=${email}`, 'commit.gpgSign=false', 'init.defaultBranch=main'],
    });
    // Harmless in a repository, heals a half-made one, and never looks at the directories above.
    await git.raw(['init', '--quiet']);
    return git;
  }

  async function commitNow(asked: CaseToCommit): Promise<{ path: string; commit: string }> {
    const path = `cases/${checkedService(asked.service)}.jsonl`;
    const file = join(directory, path);
    const git = await openRepository();
    // A file deleted by hand but not committed so is restored: its other cases must not vanish in our commit.
    const current = (await textOf(file)) ?? (await committedText(git, path));
    const wanted = upsertCaseLine(current, asked.caseId, asked.line);
    await writeWhole(file, wanted);
    if (!(await isCommitted(git, path))) {
      await git.raw(['add', '--force', '--', path]);
      const as = [`--author=${name} <${email}>`, `--message=${asked.message}`];
      await git.raw(['commit', '--quiet', '--only', ...as, '--', path]);
      // Git may fail without a word, when a hook of the repository says no.
      if (!(await isCommitted(git, path))) throw new Error('Git made no commit; a hook may have refused it');
    }
    return { path, commit: (await git.raw(['log', '-1', '--format=%H', '--', path])).trim() };
  }

  async function commitCase(asked: CaseToCommit): Promise<{ path: string; commit: string }> {
    try {
      return await commitNow(asked);
    } catch (error) {
      if (error instanceof AppError) throw error;
      const message = messageOf(error).trim();
      const reason = /^spawn\b.*\bENOENT$/.test(message) ? 'Git is not installed, or not in PATH' : message;
      throw new AppError(
        'not_allowed_now',
        `The golden case ${asked.caseId} could not be committed in ${directory}: ${reason}. ` +
          'Put that right; the case is committed at the next attempt.',
        { cause: error },
      );
    }
  }

  return {
    commitCase: (asked) => {
      const result = last.then(() => commitCase(asked));
      last = result.catch(() => {});
      return result;
    },
  };
}

function checkedService(service: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(service)) return service;
  throw new AppError(
    'invalid_input',
    `\`${service}\` cannot be a service's name: use letters, digits, - _ . only, beginning with a letter or digit.`,
  );
}

async function isCommitted(git: SimpleGit, path: string): Promise<boolean> {
  return (await git.raw(['status', '--porcelain', '--ignored', '--', path])).trim() === '';
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Empty when nothing was committed under that path yet. */
async function committedText(git: SimpleGit, path: string): Promise<string> {
  if ((await git.raw(['rev-parse', '--verify', '--quiet', 'HEAD'])).trim() === '') return '';
  const tracked = (await git.raw(['ls-tree', '--name-only', 'HEAD', '--', path])).trim();
  return tracked === '' ? '' : git.raw(['show', `HEAD:${path}`]);
}

/** Replaced as a whole, so that a crash never leaves half a line. */
async function writeWhole(file: string, text: string): Promise<void> {
  if ((await textOf(file)) === text) return;
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.tmp`;
  await writeFile(temporary, text, { flush: true });
  await rename(temporary, file);
}
