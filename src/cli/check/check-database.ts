import { checkDatabase, type DatabaseState, hasEmbeddedDatabase } from '../../adapters/db/check-database.ts';
import { lockDirectory } from '../../adapters/files/directory-lock.ts';
import type { Config } from '../../config.ts';
import { isAppError } from '../../errors.ts';
import { type Area, areaOf, unchecked } from './area.ts';

const NAME = 'Database';

/** Whether aire could start on the configured database; no migration is applied. */
export async function checkDatabaseArea({ database }: Config): Promise<Area> {
  try {
    if (database.kind === 'postgres') return areaOfState(await checkDatabase(database), 'PostgreSQL');
    const where = `embedded in ${database.dataDir}`;
    // Taking the lock would make the directory.
    if (!hasEmbeddedDatabase(database.dataDir)) return areaOfState({ kind: 'absent' }, where);
    const lock = await lockDirectory(database.dataDir);
    try {
      return areaOfState(await checkDatabase(database), where);
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (isAppError(error, 'directory_in_use')) return unchecked(NAME, `not checked: ${error.message}`);
    if (isAppError(error)) return areaOf(NAME, '', [error.message]);
    throw error;
  }
}

function areaOfState(state: DatabaseState, where: string): Area {
  if (state.kind === 'unreachable') return unchecked(NAME, `could not be checked: ${state.reason}`);
  if (state.kind === 'absent') return areaOf(NAME, `${where}, made at the first start`);
  const migrations = state.pending === 1 ? '1 migration' : `${state.pending} migrations`;
  const pending = state.pending === 0 ? 'up to date' : `the next start applies ${migrations}`;
  return areaOf(NAME, `${where}, ${pending}`);
}
