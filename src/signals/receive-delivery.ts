import { AppError } from '../errors.ts';
import type { Clock } from '../time.ts';
import type { NewJob } from '../verb.ts';
import type { Refusal } from './parse-signals.ts';
import type { DeliveryStore } from './ports.ts';
import type { Signal } from './signal.ts';

/** An HTTP delivery as it came: headers in lower case, body untouched. */
export interface RawDelivery {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** What a source made of an authentic delivery. */
export type Reading =
  | { readonly kind: 'signals'; readonly signals: readonly Signal[]; readonly refused: readonly Refusal[] }
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'nothing'; readonly why: string };

/** A place that signals come from: one per vendor. */
export interface SignalSource {
  readonly name: string;
  /**
   * Verifies the delivery over its raw bytes, before anything is parsed.
   *
   * @returns the sender's name for this delivery, the key of deduplication, and who sent it.
   * @throws AppError `delivery_unauthenticated` or `delivery_stale`.
   */
  authenticate(
    delivery: RawDelivery,
    wallTime: Date,
  ): { readonly deliveryId: string; readonly sender?: string };
  /** Normalises an authentic body. Never throws for what the body says. */
  read(body: Buffer, sender: string | undefined, now: Date): Reading;
}

/** The answer to a delivery: an HTTP status and a JSON body. */
export interface Receipt {
  readonly status: 200 | 202;
  readonly body: {
    readonly accepted: number;
    readonly duplicate: number;
    readonly refused: readonly Refusal[];
    readonly note?: string;
  };
}

export interface ReceiveDeps {
  readonly store: DeliveryStore;
  readonly clock: Clock;
  /** The clock on the wall, which signatures are checked against. */
  readonly wallClock: Clock;
}

/**
 * Takes a delivery: verify → parse → normalise → one statement (design §6). A 2xx means stored.
 *
 * @throws AppError `delivery_unauthenticated`, `delivery_stale`, `database_unavailable`.
 */
export async function receiveDelivery(
  deps: ReceiveDeps,
  source: SignalSource,
  raw: RawDelivery,
): Promise<Receipt> {
  const { deliveryId, sender } = source.authenticate(raw, deps.wallClock.now());
  const now = deps.clock.now();
  const reading = source.read(raw.body, sender, now);
  const delivery = { source: source.name, id: deliveryId, receivedAt: now };

  if (reading.kind === 'unusable') {
    const problem = { reason: reading.reason, body: raw.body.toString('utf8').slice(0, 100_000) };
    const stored = await deps.store.storeDelivery(
      { ...delivery, problem },
      [],
      [deadLetterNotice(source.name, deliveryId)],
    );
    return {
      status: stored.duplicateDelivery ? 200 : 202,
      body: { accepted: 0, duplicate: 0, refused: [], note: reading.reason },
    };
  }
  if (reading.kind === 'nothing') {
    const stored = await deps.store.storeDelivery(delivery, [], []);
    return {
      status: stored.duplicateDelivery ? 200 : 202,
      body: { accepted: 0, duplicate: 0, refused: [], note: reading.why },
    };
  }

  const services = [...new Set(reading.signals.map((signal) => signal.service))];
  const stored = await deps.store.storeDelivery(delivery, reading.signals, services.map(evaluateJob));
  if (stored.duplicateDelivery) {
    return { status: 200, body: { accepted: 0, duplicate: reading.signals.length, refused: [] } };
  }
  return {
    status: 202,
    body: {
      accepted: reading.signals.length - stored.duplicates.length,
      duplicate: stored.duplicates.length,
      refused: reading.refused,
    },
  };
}

/** Evaluates the service's triggers; several deliveries wait for one evaluation. */
export function evaluateJob(service: string): NewJob {
  return {
    kind: 'service.evaluate',
    lane: `service:${service}`,
    key: `evaluate:${service}`,
    coalesce: true,
    payload: { service },
  };
}

function deadLetterNotice(source: string, deliveryId: string): NewJob {
  return {
    kind: 'delivery.report_problem',
    lane: 'incidents-channel',
    key: `delivery-problem:${source}:${deliveryId}`,
    payload: { source, deliveryId },
  };
}

/** For sources: the refusal that everybody gets whose signature does not fit. */
export function unauthenticated(source: string, what: string): AppError {
  return new AppError('delivery_unauthenticated', `${source}: ${what}`);
}
