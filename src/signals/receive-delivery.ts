import { AppError } from '../errors.ts';
import { contentHash } from '../ids.ts';
import type { Clock } from '../time.ts';
import type { NewJob } from '../verb.ts';
import type { Refusal, TestSignal } from './parse-signals.ts';
import type { AlertMemory, Delivery, DeliveryStore } from './ports.ts';
import { withSaidAgain } from './said-again.ts';
import type { Signal } from './signal.ts';

/** An HTTP delivery as it came: headers in lower case, body untouched. */
export interface RawDelivery {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** What stands in the address where senders that can set no header write their token. */
  readonly token?: string;
}

/** What a source made of an authentic delivery. */
export type Reading =
  | {
      readonly kind: 'signals';
      readonly signals: readonly Signal[];
      readonly refused: readonly Refusal[];
      /** Accepted and told, never judged. */
      readonly tests?: readonly TestSignal[];
      /** For the sender, beside the counts. */
      readonly note?: string;
      /** For senders that show nobody our answer: what was refused, told in Slack once for each `key`. */
      readonly report?: { readonly key: string; readonly reason: string };
    }
  | { readonly kind: 'unusable'; readonly reason: string }
  /** Nothing that a service is judged by; `jobs` are what there is to do about it. */
  | { readonly kind: 'nothing'; readonly why: string; readonly jobs?: readonly NewJob[] };

/** A place that signals come from: one per vendor. */
export interface SignalSource {
  readonly name: string;
  /** It says the same of an alert again and again, also in the same bytes: what is news is told by what was said last. */
  readonly repeatsItself?: true;
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
  /** For counting: `refused` when nothing of it could be taken, `duplicate` when nothing of it was new. */
  readonly outcome: 'accepted' | 'duplicate' | 'refused' | 'unusable';
  readonly body: {
    readonly accepted: number;
    readonly duplicate: number;
    readonly refused: readonly Refusal[];
    readonly note?: string;
  };
}

export interface ReceiveDeps {
  readonly store: DeliveryStore & AlertMemory;
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
    const stored = await deps.store.storeDelivery(
      { ...delivery, problem: problemOf(reading.reason, raw) },
      [],
      [deadLetterNotice(source.name, deliveryId, deliveryId, false)],
    );
    return {
      ...answerOf(stored.duplicateDelivery, 'unusable'),
      body: { accepted: 0, duplicate: 0, refused: [], note: reading.reason },
    };
  }
  if (reading.kind === 'nothing') {
    const stored = await deps.store.storeDelivery(delivery, [], reading.jobs ?? []);
    return {
      ...answerOf(stored.duplicateDelivery, 'accepted'),
      body: { accepted: 0, duplicate: 0, refused: [], note: reading.why },
    };
  }

  const { report, note, tests = [] } = reading;
  const { id, signals } =
    source.repeatsItself === true
      ? await saidAgain(deps.store, delivery, reading.signals)
      : { id: deliveryId, signals: reading.signals };
  const services = [...new Set(signals.map((signal) => signal.service))];
  const stored = await deps.store.storeDelivery(
    { ...delivery, id, ...(report === undefined ? {} : { problem: problemOf(report.reason, raw) }) },
    signals,
    [
      ...services.map(evaluateJob),
      ...tests.map(testSignalNotice),
      ...(report === undefined
        ? []
        : [deadLetterNotice(source.name, id, report.key, reading.signals.length > 0)]),
    ],
  );
  if (stored.duplicateDelivery) {
    return {
      ...answerOf(true, 'duplicate'),
      body: { accepted: 0, duplicate: reading.signals.length + tests.length, refused: [] },
    };
  }
  const accepted = reading.signals.length - stored.duplicates.length + tests.length;
  const nothingNew = stored.duplicates.length > 0 ? 'duplicate' : 'refused';
  return {
    body: {
      accepted,
      duplicate: stored.duplicates.length,
      refused: reading.refused,
      ...(note === undefined ? {} : { note }),
    },
    ...answerOf(
      false,
      accepted > 0 || reading.refused.length + stored.duplicates.length === 0 ? 'accepted' : nothingNew,
    ),
  };
}

/** The delivery with what is news in it after all; then it is another one than its bytes, which came before. */
async function saidAgain(
  store: AlertMemory,
  delivery: Delivery,
  signals: readonly Signal[],
): Promise<{ readonly id: string; readonly signals: readonly Signal[] }> {
  const alerts = signals.filter((signal) => signal.type === 'alert');
  const known = await store.alreadySaid(delivery, alerts);
  const said = withSaidAgain(signals, known, delivery.receivedAt);
  const id = said.again.length === 0 ? delivery.id : contentHash([delivery.id, said.again]);
  return { id, signals: said.signals };
}

function answerOf(duplicate: boolean, outcome: Receipt['outcome']): Pick<Receipt, 'status' | 'outcome'> {
  return duplicate ? { status: 200, outcome: 'duplicate' } : { status: 202, outcome };
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

/** `key`: told once for each; `partly`: the rest of the delivery was taken. */
export function deadLetterNotice(source: string, deliveryId: string, key: string, partly: boolean): NewJob {
  return {
    kind: 'delivery.report_problem',
    lane: 'incidents-channel',
    key: `delivery-problem:${source}:${key}`,
    payload: { source, deliveryId, partly },
  };
}

/** That a test signal came, told once however often its delivery is repeated. */
function testSignalNotice({ id, source, service }: TestSignal): NewJob {
  return {
    kind: 'test_signal.show',
    lane: 'incidents-channel',
    key: `test-signal:${source}:${id}`,
    payload: { id, source, service },
  };
}

function problemOf(reason: string, raw: RawDelivery): { reason: string; body: string } {
  return { reason, body: raw.body.toString('utf8').slice(0, 100_000) };
}

/** For sources: the refusal that everybody gets whose signature does not fit. */
export function unauthenticated(source: string, what: string): AppError {
  return new AppError('delivery_unauthenticated', `${source}: ${what}`);
}
