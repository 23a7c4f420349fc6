import { loadTemplates } from '../../adapters/files/templates.ts';
import { readRunbookFiles } from '../../adapters/files/yaml-files.ts';
import { examineRunbooks, formatFault } from '../../catalogue/load-catalogue.ts';
import type { ParsedFile } from '../../catalogue/parse-yaml.ts';
import type { ServiceFile } from '../../catalogue/service-file.ts';
import type { Config } from '../../config.ts';
import { isAppError } from '../../errors.ts';
import { neverEvaluable } from '../../incidents/trigger-coverage.ts';
import { rulesOf } from '../../triggers/overrides.ts';
import { type Area, areaOf } from './area.ts';

/** The runbooks directory, and the service files in it that fit their schema. */
export async function checkRunbooks(
  config: Config,
): Promise<{ area: Area; services: readonly ParsedFile<ServiceFile>[] }> {
  try {
    const { playbook, services, faults } = examineRunbooks(
      await readRunbookFiles(config.directories.runbooks),
      {
        secrets: config.secrets,
        hasPublicUrl: config.http.publicUrl !== undefined,
      },
    );
    const names = services.map(({ value }) => `${value.service} (tier ${value.tier}, ${value.declare})`);
    return {
      area: {
        ...areaOf('Runbooks', names.join(', ') || 'no services yet', faults.map(formatFault)),
        notes: services.flatMap(({ value }) =>
          neverEvaluable(playbook === undefined ? {} : rulesOf(playbook, value), value).map(
            ({ trigger, why }) => `  ${value.service}: "${trigger}" can't be evaluated, ${why}`,
          ),
        ),
      },
      services,
    };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { area: areaOf('Runbooks', '', [error.message]), services: [] };
  }
}

/** The templates directory. */
export function checkTemplates(config: Config): Area {
  try {
    loadTemplates(config.directories.templates, ['postmortem.md']);
    return areaOf('Templates', 'postmortem.md');
  } catch (error) {
    if (!isAppError(error)) throw error;
    return areaOf('Templates', '', [error.message]);
  }
}
