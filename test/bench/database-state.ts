import pg from 'pg';
import { eventually } from '../e2e/bot-process.ts';

/** What autovacuum does a minute after a database was first used. */
export async function analyze(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('analyze');
  await client.end();
}

/** Nothing is due in this database and all that was written is on disk: what is measured next does not pay for it. */
export async function settle(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await eventually('no job is due', async () => {
    const { rows } = await client.query(
      `select from jobs where state in ('ready', 'running') and due_at <= now() limit 1`,
    );
    return rows.length === 0;
  });
  await client.query('checkpoint');
  await client.end();
}
