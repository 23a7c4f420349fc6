import { createLogger } from '../adapters/log.ts';
import { openConfiguredDatabase } from '../app.ts';
import { loadConfig, secretValues } from '../config.ts';

/** `aire migrate`: applies pending migrations and stops. @throws AppError `schema_too_new`, `database_unavailable`. */
export async function migrate(write: (line: string) => void): Promise<void> {
  const config = loadConfig();
  const { close } = await openConfiguredDatabase(
    config,
    createLogger({ level: config.logLevel, secrets: secretValues(config) }),
  );
  await close();
  write('The database is up to date.');
}
