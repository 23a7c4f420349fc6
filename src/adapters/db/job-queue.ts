import { and, asc, count, eq, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { createBatcher } from './batcher.ts';
import { type Database, isLostRace, isUniqueViolation } from './database.ts';
import { decodeDocument } from './document.ts';
import { recordset } from './recordset.ts';
import { jobs } from './tables.ts';

const payload = z.record(z.string(), z.unknown());
const claimed = z.object({
  id: z.coerce.number(),
  kind: z.string(),
  lane: z.string(),
  payload: z.unknown().transform((stored) => payload.parse(decodeDocument(stored))),
  attempts: z.coerce.number(),
  created_at: z.coerce.number().transform((ms) => new Date(ms)),
  due_at: z.coerce.number().transform((ms) => new Date(ms)),
  first_failed_at: z.coerce.number().nullable(),
});

/** Kinds of jobs, and how many of them may be claimed. */
interface Pool {
  readonly kinds: readonly string[];
  readonly room: number;
}

const ENDED_AT_ONCE = 500;
const CLAIM_TRIES = 3;

/** A head that has been failing for this long no longer holds up its lane. */
const STEP_ASIDE_AFTER = '1 minute';

/** The outbox in the database: claiming, ending, and what is dead. The SQL is the same on both engines. */
export function createJobQueue(database: Database) {
  const { orm } = database;

  /**
   * Due jobs, the first of each lane: a lane with a running job waits, and so does whatever stands behind a head
   * that has begun to fail less than a minute ago. An older failure holds its lane only when it is its turn to be tried
   * again, so that one claim never takes two jobs of a lane. A running job whose lease has run out is claimed again.
   * `offset 0` keeps each `exists` a look into an index for one job at a time, in order and only until there are enough;
   * as a join over all due jobs, which the planner chooses while its statistics are old, a claim reads them squared.
   */
  const free = (now: string, kinds: SQL, limit: number) => sql`
      select j.id from ${jobs} j
      where j.state = 'ready' and ${kinds} and j.due_at <= ${now}::timestamptz and (j.retry_at is null or j.retry_at <= ${now}::timestamptz)
        and not exists (select 1 from ${jobs} r where r.lane = j.lane and r.state = 'running' offset 0)
        and not exists (
          select 1 from ${jobs} h
          where h.lane = j.lane and h.state = 'ready' and h.due_at <= ${now}::timestamptz and (h.due_at, h.id) < (j.due_at, j.id)
            and (h.first_failed_at is null or h.first_failed_at > ${now}::timestamptz - interval '${sql.raw(STEP_ASIDE_AFTER)}'
              or h.retry_at is null or h.retry_at <= ${now}::timestamptz) offset 0)
      order by j.due_at, j.id limit ${limit} for update skip locked`;

  const claimStatement = (now: string, limit: number, leaseSeconds: number, pools: readonly Pool[]) => {
    const pooled = pools.flatMap((pool) => pool.kinds);
    const rooms = [
      { kinds: pooled.length === 0 ? sql`true` : sql`j.kind not in ${pooled}`, room: limit },
      ...pools.map(({ kinds, room }) => ({ kinds: sql`j.kind in ${kinds}`, room })),
    ].filter(({ room }) => room > 0);
    const found = rooms.map((_, n) => sql`select id from ${sql.identifier(`free_${n}`)}`);
    const all = rooms.reduce((sum, { room }) => sum + room, 0);
    return sql`
    with ${sql.join(
      rooms.map(({ kinds, room }, n) => sql`${sql.identifier(`free_${n}`)} as (${free(now, kinds, room)})`),
      sql`, `,
    )}, abandoned as (
      select j.id from ${jobs} j where j.state = 'running' and j.lease_until < now()
      order by j.lease_until limit ${Math.max(1, limit)} for update skip locked
    )
    update ${jobs} set state = 'running', attempts = attempts + 1, lease_until = now() + make_interval(secs => ${leaseSeconds})
    where id in (select id from (select id from abandoned union all ${sql.join(found, sql` union all `)}) found limit ${all})
    returning id, kind, lane, payload, attempts,
      (extract(epoch from created_at) * 1000)::float8 as created_at, (extract(epoch from due_at) * 1000)::float8 as due_at,
      (extract(epoch from first_failed_at) * 1000)::float8 as first_failed_at`;
  };

  /** Jobs that are done end together: most are evaluations, which end all at once. */
  const endDone = createBatcher(
    async (ended: readonly { id: number; attempt: number; now: Date }[]): Promise<readonly boolean[]> => {
      const rows = await database.often(sql`
        update ${jobs} j set state = 'done', lease_until = null, ended_at = e.now
        from json_to_recordset(${recordset(ended)}) as e (id int8, attempt int, now timestamptz)
        where j.id = e.id and j.attempts = e.attempt and j.state = 'running'
        returning j.id || '/' || j.attempts as try`);
      const kept = new Set(rows.map((row) => row.try));
      return ended.map(({ id, attempt }) => kept.has(`${id}/${attempt}`));
    },
    { most: ENDED_AT_ONCE },
  );

  return {
    async claim(now: Date, limit: number, leaseSeconds: number, pools: readonly Pool[] = []) {
      for (let attempt = 1; ; attempt++) {
        try {
          const rows = await database.often(claimStatement(now.toISOString(), limit, leaseSeconds, pools));
          return rows
            .map((row) => claimed.parse(row))
            .map(({ attempts, created_at, due_at, first_failed_at, ...job }) => ({
              ...job,
              attempt: attempts,
              createdAt: created_at,
              dueAt: due_at,
              ...(first_failed_at === null ? {} : { firstFailedAt: new Date(first_failed_at) }),
            }))
            .sort((a, b) => a.id - b.id);
        } catch (error) {
          // Another replica claimed a job of the same lane at the same moment; it has the lane, the others are still free.
          if (!isLostRace(error)) throw error;
          if (attempt === CLAIM_TRIES) return [];
        }
      }
    },

    async end(
      job: { id: number; attempt: number },
      end: { kind: 'done' } | { kind: 'retry'; at: Date; error: string } | { kind: 'dead'; error: string },
      now: Date,
    ): Promise<boolean> {
      const mine = and(eq(jobs.id, job.id), eq(jobs.attempts, job.attempt), eq(jobs.state, 'running'));
      const over = { leaseUntil: null, endedAt: now };
      const write = async (
        set: Partial<typeof jobs.$inferInsert> | Record<string, unknown>,
      ): Promise<boolean> =>
        (await orm.update(jobs).set(set).where(mine).returning({ id: jobs.id })).length === 1;
      switch (end.kind) {
        case 'done':
          return endDone({ id: job.id, attempt: job.attempt, now });
        case 'dead':
          return write({ state: 'dead', error: end.error, ...over });
        case 'retry':
          try {
            return await write({
              state: 'ready',
              retryAt: end.at,
              leaseUntil: null,
              error: end.error,
              firstFailedAt: sql`coalesce(${jobs.firstFailedAt}, ${now.toISOString()}::timestamptz)`,
            });
          } catch (error) {
            // A newer job waits under the same coalescing key: it will do this one's work.
            if (isUniqueViolation(error)) return write({ state: 'done', error: end.error, ...over });
            throw error;
          }
      }
    },

    /** Dead jobs, oldest first. */
    async listDead(limit: number) {
      return orm
        .select({
          id: jobs.id,
          kind: jobs.kind,
          lane: jobs.lane,
          error: jobs.error,
          attempts: jobs.attempts,
          endedAt: jobs.endedAt,
        })
        .from(jobs)
        .where(eq(jobs.state, 'dead'))
        .orderBy(asc(jobs.id))
        .limit(limit);
    },

    /** Makes a dead job ready again. False when there is no such dead job. */
    async retryDead(id: number, now: Date): Promise<boolean> {
      const revive = async (set: Partial<typeof jobs.$inferInsert>): Promise<boolean> => {
        const dead = and(eq(jobs.id, id), eq(jobs.state, 'dead'));
        return (await orm.update(jobs).set(set).where(dead).returning({ id: jobs.id })).length === 1;
      };
      try {
        return await revive({
          state: 'ready',
          dueAt: now,
          retryAt: null,
          firstFailedAt: null,
          endedAt: null,
          error: null,
        });
      } catch (error) {
        // As when a retry ends: a newer job waits under the same key.
        if (isUniqueViolation(error)) return revive({ state: 'done' });
        throw error;
      }
    },

    async countByState(): Promise<ReadonlyMap<string, number>> {
      const rows = await orm.select({ state: jobs.state, n: count() }).from(jobs).groupBy(jobs.state);
      return new Map(rows.map((row) => [row.state, row.n]));
    },
  };
}

export type JobStore = ReturnType<typeof createJobQueue>;
