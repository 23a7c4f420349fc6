import { api } from '@pagerduty/pdjs';
import { z } from 'zod';
import { messageOf } from '../../errors.ts';
import { SECOND } from '../../time.ts';

export interface RestOptions {
  /** The first key; a wrong one is refused by PagerDuty with 401. */
  readonly token: string;
  /** Email address of the PagerDuty user in whose name aire writes. */
  readonly from: string;
  /** Without a path. */
  readonly apiUrl: string;
  /** How long one request may take, in milliseconds. */
  readonly timeout?: number;
}

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** With its leading slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly data?: object;
}

/** What became of a request. `no_answer`: it may have been read, unless `sent` says that it was not. */
export type RestAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly data: unknown; readonly resetSeconds?: number }
  /** A proxy's page, or an answer that broke off. */
  | { readonly kind: 'no_json'; readonly status: number }
  | { readonly kind: 'no_answer'; readonly sent: 'no' | 'maybe'; readonly reason: string };

/** A handler ends within 15 s and may need three of these. */
const TIMEOUT = 4.5 * SECOND;

/** Errors of a connection that was never made. */
const NOT_SENT: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

const rejected = z.object({ status: z.number() });
const failed = z.object({ code: z.string() });

/**
 * One request by pdjs, whose ways are kept in here (reference integrations §2.4): it resolves with 4xx and 5xx, rejects
 * with a bare Response where there is no JSON, waits 20 s for each 429 and heeds no timeout of its own.
 */
export async function pagerDutyRequest(options: RestOptions, request: RestRequest): Promise<RestAnswer> {
  try {
    const response = await api({
      url: `${options.apiUrl}${request.path}`,
      method: request.method,
      token: options.token,
      ...(request.query === undefined ? {} : { queryParameters: { ...request.query } }),
      ...(request.data === undefined ? {} : { data: request.data }),
      ...(request.method === 'GET' ? {} : { headers: { From: options.from } }),
      signal: AbortSignal.timeout(options.timeout ?? TIMEOUT),
      retryTimeout: 1,
      requestTimeout: 0,
    });
    const reset = Number(response.headers.get('ratelimit-reset') ?? Number.NaN);
    const data: unknown = response.data;
    return {
      kind: 'json',
      status: response.status,
      data,
      ...(Number.isFinite(reset) ? { resetSeconds: reset } : {}),
    };
  } catch (error) {
    const response = rejected.safeParse(error);
    if (!(error instanceof Error) && response.success)
      return { kind: 'no_json', status: response.data.status };
    const code = failed.safeParse(error).data?.code;
    return {
      kind: 'no_answer',
      sent: NOT_SENT.has(code) ? 'no' : 'maybe',
      reason: messageOf(error).replaceAll(options.token, '…'),
    };
  }
}
