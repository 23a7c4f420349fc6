import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatFault } from '../catalogue/load-catalogue.ts';
import { parseYaml } from '../catalogue/parse-yaml.ts';
import { serviceFileJsonSchema } from '../catalogue/service-file.ts';
import { triggersDocument } from '../catalogue/triggers-document.ts';
import { AppError } from '../errors.ts';
import { playbookFile } from '../runbooks/schema.ts';

/** `aire schema`: the JSON schema by which editors check a service file. */
export async function schema(file: string | undefined, write: (line: string) => void): Promise<void> {
  const text = `${JSON.stringify(serviceFileJsonSchema(), null, 2)}\n`;
  if (file === undefined) write(text.trimEnd());
  else await writeFile(file, text);
}

/**
 * `aire schema --triggers <file>`: what the triggers of the playbook beside that file say, in words.
 *
 * @throws AppError `runbooks_invalid`.
 */
export async function writeTriggers(file: string): Promise<void> {
  const read = parseYaml(
    'playbook.yaml',
    await readFile(join(dirname(file), 'playbook.yaml'), 'utf8'),
    playbookFile,
  );
  if (read.parsed === undefined)
    throw new AppError('runbooks_invalid', read.faults.map(formatFault).join('\n'));
  await writeFile(file, triggersDocument(read.parsed.value));
}
