import { and, eq, inArray, or } from 'drizzle-orm';
import { z } from 'zod';
import { MINUTE } from '../../time.ts';
import type { Database } from './database.ts';
import { jobs } from './tables.ts';

/** What does not answer for this long is a problem, not a hiccup. */
const PROBLEM_AFTER = 5 * MINUTE;

/** How the recurring jobs whose failures people hear of call what they ask. */
const NAMES: Readonly<Record<string, string>> = {
  'prometheus.poll': 'Prometheus',
  'evals.run': 'The evals hook',
};

const memory = z.object({
  service: z.string(),
  failing: z.object({ since: z.date(), reason: z.string() }).optional(),
});

/** What has not answered for 5 minutes, as the recurring jobs remember it: those that wait, and those that are asking again. */
export async function readUnanswered(
  { orm }: Database,
  now: Date,
): Promise<readonly { readonly what: string; readonly since: Date; readonly reason: string }[]> {
  const waiting = await orm
    .select({ kind: jobs.kind, payload: jobs.payload })
    .from(jobs)
    .where(
      and(
        // Each state has an index of its own.
        or(eq(jobs.state, 'ready'), eq(jobs.state, 'running')),
        inArray(jobs.kind, Object.keys(NAMES)),
      ),
    )
    .orderBy(jobs.key);
  const found = waiting.flatMap(({ kind, payload }) => {
    const { service, failing } = memory.parse(payload);
    if (failing === undefined || now.getTime() - failing.since.getTime() < PROBLEM_AFTER) return [];
    return [{ what: `${NAMES[kind] ?? kind} of ${service}`, ...failing }];
  });
  return [...new Map(found.map((each) => [each.what, each])).values()];
}
