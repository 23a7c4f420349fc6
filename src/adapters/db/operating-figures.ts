import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from './database.ts';
import { incidents, jobs, mitigations, proposals } from './tables.ts';

const counts = z
  .string()
  .nullable()
  .transform((text) => z.record(z.string(), z.number()).parse(JSON.parse(text ?? '{}')));

const figures = z.object({
  ready: z.number(),
  running: z.number(),
  dead: z.number(),
  oldest_due: z.number().nullable(),
  oldest_evaluation: z.number().nullable(),
  proposals: z.number(),
  incidents: counts,
  mitigations: counts,
});

/** How the bot is doing, as the database knows it. Ages are in seconds, undefined when nothing is due. */
export interface OperatingFigures {
  /** Jobs that are done are not counted: nobody waits for them, and there are many. */
  readonly jobs: { readonly ready: number; readonly running: number; readonly dead: number };
  readonly oldestDueSeconds: number | undefined;
  readonly oldestEvaluationSeconds: number | undefined;
  readonly openProposals: number;
  /** Open incidents by severity; a severity without any is absent. */
  readonly openIncidents: Readonly<Record<string, number>>;
  /** Mitigations by state; a state without any is absent. */
  readonly mitigations: Readonly<Record<string, number>>;
}

/**
 * Reads {@link OperatingFigures} in one query. A job that is being tried again is as late as one that waits; the message
 * in which the bot tells of this is not counted, or it would tell of itself.
 */
export async function readOperatingFigures(database: Database, now: Date): Promise<OperatingFigures> {
  const at = sql`${now.toISOString()}::timestamptz`;
  // One for each state: each has an index of its own.
  const oldest = (state: 'ready' | 'running', more: SQL) =>
    sql`(select min(due_at) from ${jobs} where state = ${sql.raw(`'${state}'`)} and due_at <= ${at} and kind <> 'self_watch.show'${more})`;
  const age = (more: SQL) =>
    sql`extract(epoch from ${at} - least(${oldest('ready', more)}, ${oldest('running', more)}))::float8`;
  const [row] = await database.rows(sql`
    select
      (select count(*)::int from ${jobs} where state = 'ready') as ready,
      (select count(*)::int from ${jobs} where state = 'running') as running,
      (select count(*)::int from ${jobs} where state = 'dead') as dead,
      ${age(sql``)} as oldest_due,
      ${age(sql` and kind = 'service.evaluate'`)} as oldest_evaluation,
      (select count(*)::int from ${proposals} where state = 'open') as proposals,
      (select json_object_agg(severity, n)::text from (
        select severity, count(*)::int as n from ${incidents} where phase in ('triage', 'scope', 'mitigate') group by severity) s) as incidents,
      (select json_object_agg(state, n)::text from (
        select state, count(*)::int as n from ${mitigations} group by state) s) as mitigations`);
  const found = figures.parse(row);
  return {
    jobs: { ready: found.ready, running: found.running, dead: found.dead },
    oldestDueSeconds: found.oldest_due ?? undefined,
    oldestEvaluationSeconds: found.oldest_evaluation ?? undefined,
    openProposals: found.proposals,
    openIncidents: found.incidents,
    mitigations: found.mitigations,
  };
}
