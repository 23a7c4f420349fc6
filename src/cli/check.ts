import { loadTemplates } from '../adapters/files/templates.ts';
import { readCatalogue } from '../app.ts';
import { loadConfig } from '../config.ts';

/** `aire check`: everything `aire start` would refuse, without starting. @throws AppError with every fault. */
export async function check(write: (line: string) => void): Promise<void> {
  const config = loadConfig();
  const catalogue = await readCatalogue(config);
  loadTemplates(config.directories.templates, ['postmortem.md']);
  for (const service of catalogue.services.all()) {
    write(
      `${service.service}: tier ${service.tier}, ${service.declare}, ${Object.keys(service.mitigations).length} mitigations`,
    );
  }
  if (config.missingSlack.length > 0)
    write(`Before aire can start, set ${config.missingSlack.join(' and ')}.`);
  write('Environment, runbooks and templates are fine.');
}
