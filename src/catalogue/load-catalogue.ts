import { AppError } from '../errors.ts';
import { type Playbook, playbookFile } from '../runbooks/schema.ts';
import type { ServiceDirectory } from '../services/schema.ts';
import { checkReferences } from './check-references.ts';
import type { ReferenceContext } from './check-templates.ts';
import { type Fault, type ParsedFile, parseYaml } from './parse-yaml.ts';
import { type ServiceFile, serviceFile } from './service-file.ts';

/** What the runbooks directory says: the playbook and every service. */
export interface Catalogue {
  readonly playbook: Playbook;
  readonly services: ServiceDirectory<ServiceFile>;
}

export interface RunbookFile {
  /** Relative to the runbooks directory: `playbook.yaml`, `services/support-agent.yaml`. */
  readonly path: string;
  readonly text: string;
}

/**
 * Reads and checks the runbooks directory.
 *
 * @throws AppError `runbooks_invalid` with every fault at once, each as `file:line:col message`.
 */
export function loadCatalogue(files: readonly RunbookFile[], context: ReferenceContext): Catalogue {
  const { playbook, services, faults } = examineRunbooks(files, context);
  if (playbook === undefined || faults.length > 0)
    throw new AppError('runbooks_invalid', faults.map(formatFault).join('\n'));
  return { playbook, services: directory(services.map((each) => each.value)) };
}

/** What could be read of the runbooks directory, and everything that is wrong with it. */
export interface ExaminedRunbooks {
  readonly playbook: Playbook | undefined;
  /** The files that fit their schema; later checks point into them. */
  readonly services: readonly ParsedFile<ServiceFile>[];
  readonly faults: readonly Fault[];
}

/** {@link loadCatalogue} for those who go on after a fault. */
export function examineRunbooks(files: readonly RunbookFile[], context: ReferenceContext): ExaminedRunbooks {
  const faults: Fault[] = [];
  const services: ParsedFile<ServiceFile>[] = [];
  let playbook: Playbook | undefined;
  for (const { path, text } of files) {
    if (path === 'playbook.yaml') {
      const read = parseYaml(path, text, playbookFile);
      faults.push(...read.faults);
      playbook = read.parsed?.value;
    } else {
      const read = parseYaml(path, text, serviceFile);
      faults.push(...read.faults);
      if (read.parsed !== undefined) services.push(read.parsed);
    }
  }
  if (!files.some((file) => file.path === 'playbook.yaml')) {
    faults.push({
      file: 'playbook.yaml',
      line: 1,
      column: 1,
      message: 'is missing. Copy it from the aire package, or set AIRE_RUNBOOKS_DIR.',
    });
  }
  if (playbook !== undefined) faults.push(...checkReferences(playbook, services, context));
  return { playbook, services, faults };
}

/** `services/support-agent.yaml:4:10 tier: Too big` */
export function formatFault({ file, line, column, message }: Fault): string {
  return `${file}:${line}:${column} ${message}`;
}

function directory(services: readonly ServiceFile[]): ServiceDirectory<ServiceFile> {
  const byName = new Map(services.map((service) => [service.service, service]));
  return { get: (id) => byName.get(id), all: () => services };
}
