import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { buildConnector, Client, type Dispatcher } from 'undici';
import { type AddressPolicy, createAddressPolicy, type ResolveHost } from './address-policy.ts';
import { type Outgoing, OutgoingFailure, type OutgoingRequest, type OutgoingResponse } from './outgoing.ts';

export interface OutgoingOptions {
  /** Private `host` or `host:port` that may be reached. */
  readonly allowHosts: readonly string[];
  /** Bound on the total time of a request, connecting and reading included. Default 10 000. */
  readonly timeoutMs?: number;
  /** How much of a response's body is kept. Default 1 MiB. */
  readonly maxResponseBytes?: number;
  /** Resolves host names; the system's resolver when absent. */
  readonly resolveHost?: ResolveHost;
}

/** HTTP requests that cannot reach private addresses, do not follow redirects, and end in bounded time and space. */
export function createOutgoing(options: OutgoingOptions): Outgoing {
  const policy = createAddressPolicy(options.allowHosts);
  const resolveHost = options.resolveHost ?? ((hostname) => lookup(hostname, { all: true }));
  const usualTimeoutMs = options.timeoutMs ?? 10_000;
  const maxBytes = options.maxResponseBytes ?? 1024 * 1024;

  async function request(asked: OutgoingRequest): Promise<OutgoingResponse> {
    const url = parseTarget(asked.url);
    policy.checkUrl(url);
    const timeoutMs = asked.timeoutMs ?? usualTimeoutMs;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = asked.signal === undefined ? deadline : AbortSignal.any([deadline, asked.signal]);
    let connected = false;
    const connect = buildConnector({
      lookup: checkedLookup(url, policy, resolveHost),
      timeout: timeoutMs,
    });
    // One connection a request: a kept one that the other side has closed meanwhile would make the
    // outcome of a mitigation ambiguous for no reason.
    const client = new Client(url.origin, {
      connect: (target, callback) =>
        connect(target, (...result) => {
          connected = result[0] === null;
          callback(...result);
        }),
    });
    try {
      const response = await client.request({
        method: asked.method,
        path: `${url.pathname}${url.search}`,
        headers: { ...asked.headers },
        body: asked.body ?? null,
        signal,
        reset: true,
      });
      return await readResponse(response, maxBytes);
    } catch (error) {
      throw toFailure(error, `${asked.method} ${url.origin}`, {
        connected,
        timedOutAfterMs: deadline.aborted ? timeoutMs : undefined,
        aborted: asked.signal?.aborted === true,
      });
    } finally {
      // Destroying only frees the socket; what it says about it is of no interest any more.
      await client.destroy().catch(() => {});
    }
  }

  return { request };
}

/** A URL's text may hold secrets in its query, path and user name, so no message repeats it, nor a cause. */
function parseTarget(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new OutgoingFailure(
      'invalid_request',
      'no',
      'The address is not an http or https URL. Correct it.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new OutgoingFailure(
      'invalid_request',
      'no',
      `The address of ${url.host} carries a user name or password. Send them in an authorization header.`,
    );
  }
  return url;
}

/** The addresses that were checked are the ones that are connected to, so a name cannot change its mind between. */
function checkedLookup(url: URL, policy: AddressPolicy, resolveHost: ResolveHost): LookupFunction {
  return (hostname, options, callback) => {
    resolveHost(hostname).then(
      (addresses) => {
        try {
          policy.checkResolved(
            url,
            addresses.map((entry) => entry.address),
          );
        } catch (error) {
          callback(error instanceof Error ? error : new Error('refused'), '', 0);
          return;
        }
        const [first] = addresses;
        if (first === undefined) callback(new Error('the host has no address'), '', 0);
        else if (options.all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, '', 0),
    );
  };
}

async function readResponse(response: Dispatcher.ResponseData, maxBytes: number): Promise<OutgoingResponse> {
  const chunks: Buffer[] = [];
  let length = 0;
  let truncated = false;
  for await (const chunk of response.body) {
    if (!Buffer.isBuffer(chunk)) continue;
    chunks.push(chunk);
    length += chunk.length;
    truncated = length > maxBytes;
    if (truncated) break;
  }
  return {
    status: response.statusCode,
    headers: Object.fromEntries(
      Object.entries(response.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
      ),
    ),
    body: Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8'),
    truncated,
  };
}

interface Circumstances {
  readonly connected: boolean;
  readonly timedOutAfterMs: number | undefined;
  readonly aborted: boolean;
}

function toFailure(error: unknown, what: string, how: Circumstances): OutgoingFailure {
  if (error instanceof OutgoingFailure) return error;
  const sent = how.connected ? 'maybe' : 'no';
  const options = { cause: error };
  const consequence = how.connected
    ? 'The request may have arrived: look at the other side before sending it again.'
    : 'Nothing was sent.';
  if (how.aborted) {
    return new OutgoingFailure('aborted', sent, `${what} was given up. ${consequence}`, options);
  }
  if (how.timedOutAfterMs !== undefined) {
    const message = `${what} did not answer within ${how.timedOutAfterMs} ms. ${consequence}`;
    return new OutgoingFailure('timeout', sent, message, options);
  }
  const code = codeOf(error);
  if (code === 'UND_ERR_INVALID_ARG') {
    const message = `${what} is not a valid request: check its method and headers. ${consequence}`;
    return new OutgoingFailure('invalid_request', sent, message, options);
  }
  const detail = code === undefined ? '' : ` (${code})`;
  return how.connected
    ? new OutgoingFailure('broken_off', sent, `${what} broke off${detail}. ${consequence}`, options)
    : new OutgoingFailure(
        'unreachable',
        sent,
        `${what} could not be reached${detail}. ${consequence}`,
        options,
      );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
