import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { MINUTE } from '../../time.ts';
import type { Every } from './every.ts';

/** A worker that has not looked for jobs for this long (milliseconds) does nothing any more; it looks every 5 s. */
export const WORKER_SILENT_AFTER = 30_000;

export interface HeartbeatOptions {
  readonly url: string;
  /** @throws AppError when the address may not be reached; its message says what to add. */
  readonly request: (request: {
    method: string;
    url: string;
    headers: Readonly<Record<string, string>>;
  }) => Promise<{ readonly status: number }>;
  /** Rejects when the database does not answer. */
  readonly ping: () => Promise<void>;
  /** Milliseconds since the worker last looked for jobs. */
  readonly sinceLastLook: () => number;
  readonly log: Logger;
  readonly every: Every;
}

/** Requests the address each minute while the bot is healthy, so that something outside notices when it is not. */
export function startHeartbeat(options: HeartbeatOptions): () => Promise<void> {
  const { log } = options;
  return options.every(MINUTE, async () => {
    try {
      await options.ping();
    } catch {
      log.warn({}, 'no heartbeat: the database does not answer');
      return;
    }
    if (options.sinceLastLook() > WORKER_SILENT_AFTER) {
      log.warn({}, 'no heartbeat: the worker does not look for jobs');
      return;
    }
    try {
      const { status } = await options.request({ method: 'GET', url: options.url, headers: {} });
      if (status >= 300) log.warn({ status }, 'the heartbeat was not taken');
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the heartbeat could not be sent');
    }
  });
}
