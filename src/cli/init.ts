import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { readRunbookFiles } from '../adapters/files/yaml-files.ts';
import { examineRunbooks, formatFault } from '../catalogue/load-catalogue.ts';
import { type Config, loadConfig } from '../config.ts';
import { AppError, messageOf } from '../errors.ts';
import { type Ask, collectAnswers, type InitFlags } from './init/collect-answers.ts';
import { nextSteps } from './init/next-steps.ts';
import { serviceFileText } from './init/service-file-text.ts';
import { withTerminal } from './init/terminal.ts';
import { PACKAGE_ROOT } from './package-root.ts';
import { sendTestSignal } from './ping.ts';

/**
 * `aire init <service>`: a first service file, from few questions, and what to do next.
 *
 * @throws AppError `invalid_input` for an answer that can't be used, `conflict` when the service has a file already.
 */
export async function init(name: string, flags: InitFlags, write: (line: string) => void): Promise<void> {
  const config = loadConfig();
  await withTerminal(async (ask) => {
    await writeService(config, name, flags, write, ask);
    if (ask === undefined || flags.yes === true || config.signalSenders.length === 0) return;
    const text = await ask(
      '\nRestart aire now, then press Enter to send a test signal, or write n to leave\n> ',
    );
    if (text.trim() === '') write(await sendTestSignal(config, name));
  });
}

/** Writes the file, and what a new installation lacks beside it; says what is next. */
export async function writeService(
  config: Config,
  name: string,
  flags: InitFlags,
  write: (line: string) => void,
  ask?: Ask,
): Promise<void> {
  const { runbooks, templates } = config.directories;
  const path = `services/${name}.yaml`;
  const file = join(runbooks, path);
  const examine = async () =>
    examineRunbooks(await readRunbookFiles(runbooks), {
      secrets: config.secrets,
      hasPublicUrl: config.http.publicUrl !== undefined,
    });
  const known = existsSync(join(runbooks, 'playbook.yaml')) ? (await examine()).services : [];
  const other = known.find((each) => each.value.service === name)?.file;
  if (other !== undefined) throw conflict(join(runbooks, other), name);

  const answers = await collectAnswers(name, flags, ask);
  await create(file, serviceFileText(answers), name);
  const copied = [
    ...(await copyShipped('runbooks', ['playbook.yaml', 'schema.json'], runbooks)),
    ...(await copyShipped('templates', ['postmortem.md.hbs'], templates)),
  ];
  const own = (await examine()).faults.filter((fault) => fault.file === path);
  if (own.length > 0)
    throw new AppError(
      'runbooks_invalid',
      [`${shown(file)} was written, but has faults:`, ...own.map(formatFault)].join('\n'),
    );
  for (const each of [file, ...copied]) write(`Wrote ${shown(each)}`);
  for (const line of nextSteps(config, name, shown(file))) write(line);
}

/** A new file. @throws AppError `conflict` when it is there already, `invalid_input` when it can't be written. */
async function create(file: string, text: string, service: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if (isThereAlready(error)) throw conflict(file, service);
    throw new AppError('invalid_input', `${shown(file)} can't be written: ${messageOf(error)}`);
  }
}

function conflict(file: string, service: string): AppError {
  return new AppError(
    'conflict',
    `${shown(file)} describes ${service} already and was left as it is. Edit it, or remove it and run this again. To send a test signal: aire ping ${service}`,
  );
}

function isThereAlready(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

/** Copies what is not there yet. @returns the new files. */
async function copyShipped(from: string, names: readonly string[], to: string): Promise<string[]> {
  const copied: string[] = [];
  await mkdir(to, { recursive: true });
  for (const name of names) {
    try {
      await copyFile(join(PACKAGE_ROOT, from, name), join(to, name), constants.COPYFILE_EXCL);
      copied.push(join(to, name));
    } catch (error) {
      if (!isThereAlready(error)) throw error;
    }
  }
  return copied;
}

/** As people would type it from here. */
function shown(file: string): string {
  const short = relative(process.cwd(), file);
  return short.startsWith('..') ? file : short;
}
