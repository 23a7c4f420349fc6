import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';

/**
 * Which copy of the data this is, in three parts: a dump that was restored lies on another server, in another database
 * or at least in another table, and recovery to a point in time or a failover begins a new timeline.
 */
export const POSTGRES_PLACE = sql`
  select 'postgres ' || (select system_identifier from pg_control_system())
    || ' ' || (select oid from pg_database where datname = current_database()) || '.' || 'installation'::regclass::oid
    || ' ' || left(pg_walfile_name(pg_current_wal_lsn()), 8) as place`;

/**
 * The file that PostgreSQL only ever writes in place: a copy of the directory has another one. The number of the disk is
 * left out, since it may change when the machine starts again.
 */
export async function embeddedPlace(directory: string): Promise<string> {
  const { ino, birthtimeNs } = await stat(join(directory, 'global', 'pg_control'), { bigint: true });
  return `embedded ${ino} ${birthtimeNs}`;
}

/** How one place differs from the one before, as a sentence. */
export function whyMoved(before: string, now: string): string {
  const [engineBefore, serverBefore, databaseBefore] = before.split(' ');
  const [engine, server, database] = now.split(' ');
  if (engine !== engineBefore) return 'It is kept by another database engine now.';
  if (engine === 'embedded') return 'Its directory is a copy.';
  if (server !== serverBefore) return 'It is on another PostgreSQL server now.';
  if (database !== databaseBefore) return 'It was restored on the same PostgreSQL server.';
  return 'Its PostgreSQL server was recovered, or a standby took over.';
}
