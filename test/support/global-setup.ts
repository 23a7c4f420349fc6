import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser URL of the PostgreSQL of this run: `createScratchDatabase(inject('postgresUrl'))`. */
    postgresUrl: string;
    /** Its major version. */
    postgresVersion: number;
  }
}

/** Starts one PostgreSQL for the whole run; vitest calls what it returns at the end, also after failures. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  // The program refuses variables it does not know, so the tests' own variable must not reach it; tests use `inject`.
  delete process.env.AIRE_TEST_DATABASE_URL;
  project.provide('postgresUrl', server.url);
  project.provide('postgresVersion', server.version);
  return () => server.stop();
}
