import type { ReadAnswer, ReadRequest } from '../../incidents/step-ports.ts';
import { insertSecrets } from '../../insert-values.ts';
import type { Scrub } from '../../scrub.ts';
import { formatDuration } from '../../time.ts';
import { type Outgoing, OutgoingFailure } from './outgoing.ts';

/** Requests of steps: secrets are put into their headers here; what goes wrong is said in words. */
export function createReader(options: {
  outgoing: Outgoing;
  /** By full variable name; the first value is the one to send. */
  secrets: ReadonlyMap<string, readonly string[]>;
  /** The other side may repeat a header that it refuses, and what it says is shown. */
  scrub: Scrub;
}): (request: ReadRequest) => Promise<ReadAnswer> {
  return async (request) => {
    try {
      const { status, body, truncated } = await options.outgoing.request({
        ...request,
        headers: insertSecrets(request.headers, options.secrets),
      });
      return { kind: 'answered', status, body: options.scrub(body), truncated };
    } catch (error) {
      if (!(error instanceof OutgoingFailure)) throw error;
      return { kind: 'failed', reason: inWords(error, request) };
    }
  };
}

/** A read that may have arrived did no harm, so nothing is said of that. */
function inWords(error: OutgoingFailure, { url, timeoutMs }: ReadRequest): string {
  if (error.reason === 'host_not_allowed' || error.reason === 'invalid_request') return error.message;
  const { host } = new URL(url);
  switch (error.reason) {
    case 'timeout':
    case 'aborted':
      return `${host} did not answer within ${formatDuration(timeoutMs)}.`;
    case 'unreachable':
      return `${host} could not be reached.`;
    case 'broken_off':
      return `${host} broke off its answer.`;
  }
}
