import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { SECOND } from '../../time.ts';
import { createBatcher } from './batcher.ts';

const CHANNEL = 'aire_jobs';
const RECONNECT = 5 * SECOND;
/** A burst of commits tells the other replicas once. */
const QUIET = 50;

/** Tells other replicas that there are jobs, and hears it from them. */
export interface ReplicaWake {
  /** There are new jobs. Costs the caller nothing: it is told after the commit, on a connection of its own. */
  announce(): void;
  close(): Promise<void>;
}

/**
 * LISTEN and NOTIFY on one session connection. It only saves time: where it can't work (PgBouncer in transaction
 * mode, a lost connection) each replica still looks every five seconds.
 */
export function createReplicaWake(url: string, onWake: () => void, log: Logger): ReplicaWake {
  /** What this replica announces is no news to itself. */
  const self = randomUUID();
  let client: pg.Client | undefined;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;
  let pending: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: RECONNECT,
      keepAlive: true,
    });
    next.on('error', () => lost(next));
    next.on('end', () => lost(next));
    next.on('notification', ({ payload }) => {
      if (payload !== self) onWake();
    });
    try {
      await next.connect();
      await next.query(`listen ${CHANNEL}`);
      client = next;
    } catch (error) {
      log.debug({ err: messageOf(error) }, 'replicas can not be heard; polling goes on');
      lost(next);
    }
    if (closed) await next.end().catch(() => undefined);
  }

  function lost(which: pg.Client): void {
    which.removeAllListeners('end');
    if (client === which) client = undefined;
    if (closed || retry !== undefined) return;
    retry = setTimeout(() => {
      retry = undefined;
      void connect();
    }, RECONNECT);
  }

  const tell = createBatcher(
    async (asked: readonly undefined[]) => {
      // A wake that is lost costs at most the time to the next poll.
      await client?.query(`notify ${CHANNEL}, '${self}'`).catch(() => undefined);
      return asked;
    },
    { most: Infinity },
  );

  void connect();
  return {
    announce() {
      pending ??= setTimeout(() => {
        pending = undefined;
        void tell(undefined);
      }, QUIET);
    },
    async close() {
      closed = true;
      clearTimeout(retry);
      clearTimeout(pending);
      await client?.end().catch(() => undefined);
    },
  };
}
