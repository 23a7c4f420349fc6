import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { AlertMemory, Delivery, DeliveryStore, Stored } from '../../signals/ports.ts';
import type { Signal } from '../../signals/signal.ts';
import type { NewJob } from '../../verb.ts';
import { readAlreadySaid } from './already-said.ts';
import { createBatcher } from './batcher.ts';
import { type Database, isLostRace } from './database.ts';
import { encodeDocument, storable } from './document.ts';
import { PAYLOAD_VERSION } from './jobs.ts';
import { deliveries } from './tables.ts';

/** A statement that lost a deadlock has written nothing and is repeated. */
const TRIES = 3;

/** Signals and deliveries in one statement. */
const BATCH = 1000;

/** What one delivery asks to be written. */
interface Writing {
  readonly delivery: Delivery;
  readonly signals: readonly Signal[];
  readonly jobs: readonly NewJob[];
}

const outcome = z.object({
  delivered: z.array(z.number()).nullable(),
  stored: z.array(z.string()).nullable(),
});

/**
 * Stores deliveries. One statement writes a delivery, its signals and its jobs: they are stored together or not at all,
 * in one round trip. Deliveries that arrive while another is being written share the next statement and its commit.
 */
export function createDeliveryStore(
  database: Database,
  onSaved: (kinds: readonly string[]) => void,
): DeliveryStore & AlertMemory & DeliveryProblems {
  const write = createBatcher((batch: readonly Writing[]) => writeBatch(database, batch), {
    weigh: ({ signals }) => 1 + signals.length,
    most: BATCH,
  });
  return {
    async storeDelivery(delivery, signals, jobs): Promise<Stored> {
      const stored = await write({ delivery, signals, jobs }).catch((error: unknown) => {
        throw new AppError('database_unavailable', 'The delivery could not be stored; send it again.', {
          cause: error,
        });
      });
      if (jobs.length > 0 && !stored.duplicateDelivery) onSaved(jobs.map(({ kind }) => kind));
      return stored;
    },

    async alreadySaid(delivery, alerts) {
      if (alerts.length === 0) return { sameDelivery: false, last: new Map() };
      return readAlreadySaid(database, delivery, alerts).catch((error: unknown) => {
        throw new AppError('database_unavailable', 'The delivery could not be read; send it again.', {
          cause: error,
        });
      });
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

/** Writes a batch and says what became of each delivery, in its order. */
async function writeBatch(database: Database, batch: readonly Writing[]): Promise<readonly Stored[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const row = outcome.parse((await database.often(statement(batch)))[0]);
      const delivered = new Set(row.delivered ?? []);
      const stored = new Set(row.stored ?? []);
      return batch.map(({ signals }, n) => {
        if (!delivered.has(n)) return { duplicateDelivery: true, duplicates: [] };
        // The first of two equal signals took the stored row; the second is a duplicate.
        const duplicates = signals.filter((signal) => !stored.delete(keyOf(signal)));
        return { duplicateDelivery: false, duplicates: duplicates.map((signal) => signal.id) };
      });
    } catch (error) {
      if (attempt >= TRIES || !isLostRace(error)) throw error;
    }
  }
}

function keyOf(signal: Signal): string {
  return storable(`${signal.source}:${signal.type}:${signal.id}`);
}

/**
 * `n` is a delivery's place in the batch, `place` a signal's or a job's. Of two deliveries of one id the first is
 * written. Coalescing jobs come each key once, since one statement can't touch a row twice, and in the order of keys, so
 * that two statements never wait for each other.
 */
function statement(batch: readonly Writing[]) {
  const first = new Map<string, number>();
  for (const [n, { delivery }] of batch.entries()) {
    const key = encodeDocument([delivery.source, delivery.id]);
    if (!first.has(key)) first.set(key, n);
  }
  const written = [...first.values()].flatMap((n) => {
    const writing = batch[n];
    return writing === undefined ? [] : [{ n, ...writing }];
  });
  const deliveryRows = written.map(({ n, delivery: { source, id, receivedAt, problem } }) => ({
    n,
    source,
    id,
    received_at: receivedAt.toISOString(),
    problem: problem?.reason ?? null,
    body: problem?.body ?? null,
  }));
  const signalRows = written
    .flatMap(({ n, signals }) => signals.map((signal) => ({ n, signal })))
    .map(({ n, signal }, place) => ({
      n,
      place,
      source: signal.source,
      type: signal.type,
      id: signal.id,
      service: signal.service,
      at: signal.at.toISOString(),
      sli: signal.type === 'measurement' ? signal.sli : null,
      value: signal.type === 'measurement' ? signal.value : null,
      samples: signal.type === 'measurement' ? (signal.samples ?? null) : null,
      alert_key: signal.type === 'alert' ? signal.key : null,
      signal,
    }));
  const jobRows = written
    .flatMap(({ n, delivery, jobs }) =>
      jobs.map((job) => ({ n, job, dueAt: job.dueAt ?? delivery.receivedAt })),
    )
    .map(({ n, job, dueAt }, place) => ({
      n,
      place,
      kind: job.kind,
      lane: job.lane,
      key: job.key ?? null,
      coalesces: job.coalesce === true && job.key !== undefined,
      payload: job.payload,
      due_at: dueAt.toISOString(),
    }));
  const jobColumns = sql`(kind, lane, key, coalesce, payload_version, payload, state, due_at, attempts, created_at)`;
  const jobValues = sql`j.kind, j.lane, j.key, j.coalesces, ${PAYLOAD_VERSION}::int, j.payload, 'ready', j.due_at, 0, j.received_at`;
  return sql`
    with given as (
      select * from json_to_recordset(${encodeDocument(deliveryRows)}::json)
        as d(n int, source text, id text, received_at timestamptz, problem text, body text)
    ), inserted as (
      insert into deliveries (source, id, received_at, problem, body)
      select source, id, received_at, problem, body from given order by n
      on conflict do nothing returning source, id
    ), delivered as (
      select n, received_at from given join inserted using (source, id)
    ), stored as (
      insert into signals (source, type, id, service, at, sli, value, samples, alert_key, signal)
      select s.source, s.type, s.id, s.service, s.at, s.sli, s.value, s.samples, s.alert_key, s.signal
      from jsonb_to_recordset(${encodeDocument(signalRows)}::jsonb)
        as s(n int, place int, source text, type text, id text, service text, at timestamptz, sli text, value float8, samples float8, alert_key text, signal jsonb)
        join delivered using (n)
      order by s.place
      on conflict do nothing returning source || ':' || type || ':' || id as key
    ), wanted as (
      select * from json_to_recordset(${encodeDocument(jobRows)}::json)
        as j(n int, place int, kind text, lane text, key text, coalesces boolean, payload jsonb, due_at timestamptz)
        join delivered using (n)
    ), coalesced as (
      insert into jobs ${jobColumns}
      select distinct on (j.key) ${jobValues} from wanted j where j.coalesces order by j.key, j.due_at
      on conflict (key) where key is not null and coalesce and state = 'ready' do update set due_at = excluded.due_at where excluded.due_at < jobs.due_at
    ), once as (
      insert into jobs ${jobColumns}
      select ${jobValues} from wanted j where not j.coalesces order by j.place
      on conflict (key) where key is not null and not coalesce do nothing
    )
    select (select array_agg(n) from delivered) as delivered, (select array_agg(key) from stored) as stored`;
}
