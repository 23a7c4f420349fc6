import { writeFile } from 'node:fs/promises';
import { serviceFileJsonSchema } from '../catalogue/service-file.ts';

/** `aire schema`: the JSON schema by which editors check a service file. */
export async function schema(file: string | undefined, write: (line: string) => void): Promise<void> {
  const text = `${JSON.stringify(serviceFileJsonSchema(), null, 2)}\n`;
  if (file === undefined) write(text.trimEnd());
  else await writeFile(file, text);
}
