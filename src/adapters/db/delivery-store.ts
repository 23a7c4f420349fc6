import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Delivery, DeliveryStore, Stored } from '../../signals/ports.ts';
import type { Signal } from '../../signals/signal.ts';
import type { NewJob } from '../../verb.ts';
import { type Database, isLostRace } from './database.ts';
import { encodeDocument, storable } from './document.ts';
import { PAYLOAD_VERSION } from './jobs.ts';
import { deliveries } from './tables.ts';

/** A statement that lost a deadlock has written nothing and is repeated. */
const TRIES = 3;

const outcome = z.object({ delivered: z.coerce.number(), stored: z.array(z.string()).nullable() });

/**
 * Stores deliveries. One statement writes the delivery, its signals and its jobs: they are stored together or not
 * at all, in one round trip.
 */
export function createDeliveryStore(
  database: Database,
  onSaved: () => void,
): DeliveryStore & DeliveryProblems {
  return {
    async storeDelivery(delivery, signals, jobs): Promise<Stored> {
      const row = await write(database, delivery, signals, jobs);
      if (row.delivered === 0) return { duplicateDelivery: true, duplicates: [] };
      if (jobs.length > 0) onSaved();
      const stored = new Set(row.stored ?? []);
      // The first of two equal signals took the stored row; the second is a duplicate.
      const duplicates = signals.filter((signal) => !stored.delete(keyOf(signal)));
      return { duplicateDelivery: false, duplicates: duplicates.map((signal) => signal.id) };
    },

    async deliveryProblem(source, id) {
      const [row] = await database.orm
        .select()
        .from(deliveries)
        .where(and(eq(deliveries.source, source), eq(deliveries.id, id)));
      return row?.problem ?? undefined;
    },
    async firstActivity() {
      const [row] = await database.orm
        .select({ at: deliveries.receivedAt })
        .from(deliveries)
        .orderBy(deliveries.receivedAt)
        .limit(1);
      return row?.at;
    },
    async countProblems() {
      return database.orm.$count(deliveries, isNotNull(deliveries.problem));
    },
  };
}

/** Deliveries that were authentic but could not be used. */
export interface DeliveryProblems {
  deliveryProblem(source: string, id: string): Promise<string | undefined>;
  countProblems(): Promise<number>;
  /** When the first delivery was taken. */
  firstActivity(): Promise<Date | undefined>;
}

async function write(
  database: Database,
  delivery: Delivery,
  signals: readonly Signal[],
  jobs: readonly NewJob[],
): Promise<z.output<typeof outcome>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return outcome.parse((await database.rows(statement(delivery, signals, jobs)))[0]);
    } catch (error) {
      if (attempt < TRIES && isLostRace(error)) continue;
      throw new AppError('database_unavailable', 'The delivery could not be stored; send it again.', {
        cause: error,
      });
    }
  }
}

function keyOf(signal: Signal): string {
  return storable(`${signal.type}:${signal.id}`);
}

/**
 * Coalescing jobs, each key once, since one statement can't touch a row twice, and in the order of keys, so that two
 * deliveries never wait for each other.
 */
function coalescing(jobs: readonly NewJob[]): readonly NewJob[] {
  const due = (job: NewJob): number => job.dueAt?.getTime() ?? 0;
  const byKey = new Map<string, NewJob>();
  for (const job of jobs.filter(coalesces)) {
    const rival = byKey.get(job.key);
    if (rival === undefined || due(job) < due(rival)) byKey.set(job.key, job);
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, job]) => job);
}

function coalesces(job: NewJob): job is NewJob & { key: string } {
  return job.coalesce === true && job.key !== undefined;
}

function storableOrNull(text: string | undefined): string | null {
  return text === undefined ? null : storable(text);
}

function statement(delivery: Delivery, signals: readonly Signal[], jobs: readonly NewJob[]) {
  const at = delivery.receivedAt.toISOString();
  const signalRows = encodeDocument(
    signals.map((signal) => ({
      source: signal.source,
      type: signal.type,
      id: signal.id,
      service: signal.service,
      at: signal.at.toISOString(),
      sli: signal.type === 'measurement' ? signal.sli : null,
      value: signal.type === 'measurement' ? signal.value : null,
      samples: signal.type === 'measurement' ? (signal.samples ?? null) : null,
      alert_key: signal.type === 'alert' ? signal.key : null,
      signal: encodeDocument(signal),
    })),
  );
  const jobRows = (some: readonly NewJob[]) =>
    encodeDocument(
      some.map((job) => ({
        kind: job.kind,
        lane: job.lane,
        key: job.key ?? null,
        payload: encodeDocument(job.payload),
        due_at: (job.dueAt ?? delivery.receivedAt).toISOString(),
      })),
    );
  const insertJobs = (coalesce: boolean, some: readonly NewJob[]) => sql`
    insert into jobs (kind, lane, key, coalesce, payload_version, payload, state, due_at, attempts, created_at)
    select j.kind, j.lane, j.key, ${coalesce}::boolean, ${PAYLOAD_VERSION}::int, j.payload::jsonb, 'ready', j.due_at, 0, ${at}::timestamptz
    from jsonb_to_recordset(${jobRows(some)}::jsonb) as j(kind text, lane text, key text, payload text, due_at timestamptz), delivered`;
  return sql`
    with delivered as (
      insert into deliveries (source, id, received_at, problem, body)
      values (${storable(delivery.source)}, ${storable(delivery.id)}, ${at}::timestamptz, ${storableOrNull(delivery.problem?.reason)}::text, ${storableOrNull(delivery.problem?.body)}::text)
      on conflict do nothing returning 1
    ), stored as (
      insert into signals (source, type, id, service, at, sli, value, samples, alert_key, signal)
      select s.source, s.type, s.id, s.service, s.at, s.sli, s.value, s.samples, s.alert_key, s.signal::jsonb
      from jsonb_to_recordset(${signalRows}::jsonb)
        as s(source text, type text, id text, service text, at timestamptz, sli text, value float8, samples float8, alert_key text, signal text), delivered
      on conflict do nothing returning type || ':' || id as key
    ), coalesced as (
      ${insertJobs(true, coalescing(jobs))}
      on conflict (key) where key is not null and coalesce and state = 'ready' do update set due_at = least(jobs.due_at, excluded.due_at)
    ), once as (
      ${insertJobs(
        false,
        jobs.filter((job) => !coalesces(job)),
      )}
      on conflict (key) where key is not null and not coalesce do nothing
    )
    select (select count(*) from delivered)::int as delivered, (select array_agg(key) from stored) as stored`;
}
