import type { NewJob } from '../verb.ts';
import type { AlreadySaid } from './said-again.ts';
import type { Alert, Signal } from './signal.ts';

/** One accepted HTTP delivery: unique by source and id. */
export interface Delivery {
  readonly source: string;
  readonly id: string;
  readonly receivedAt: Date;
  /** Set when the delivery is authentic but it, or a part of it, could not be used: it is kept as a dead letter. */
  readonly problem?: { readonly reason: string; readonly body: string };
}

/** What the database made of a delivery. */
export interface Stored {
  /** This delivery id was here before: nothing was written. */
  readonly duplicateDelivery: boolean;
  /** Ids of signals that were here before under another delivery. */
  readonly duplicates: readonly string[];
}

export interface DeliveryStore {
  /**
   * Stores the delivery, its signals and the jobs in one statement.
   *
   * @throws AppError `database_unavailable`.
   */
  storeDelivery(delivery: Delivery, signals: readonly Signal[], jobs: readonly NewJob[]): Promise<Stored>;
}

/** What was said before of alerts, for senders that repeat themselves. */
export interface AlertMemory {
  /** @throws AppError `database_unavailable`. */
  alreadySaid(delivery: Pick<Delivery, 'source' | 'id'>, alerts: readonly Alert[]): Promise<AlreadySaid>;
}
