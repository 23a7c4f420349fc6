import { AppError, type ErrorCode } from '../../errors.ts';

export interface OutgoingRequest {
  readonly method: string;
  /** http or https, without user name and password. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Bound on the total time in milliseconds, in place of the usual one. */
  readonly timeoutMs?: number;
  /** Gives up early; the bound on the total time holds in any case. */
  readonly signal?: AbortSignal;
}

export interface OutgoingResponse {
  /** Any status, 3xx too: redirects are never followed. */
  readonly status: number;
  /** Names in lower case; a repeated header's values are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** True when the body was longer than is kept. */
  readonly truncated: boolean;
}

/** HTTP to addresses that people write into YAML: mitigations, steps, queries. */
export interface Outgoing {
  /** @throws OutgoingFailure when there is no answer, or the address may not be reached. */
  request(request: OutgoingRequest): Promise<OutgoingResponse>;
}

export type FailureReason =
  | 'host_not_allowed'
  | 'invalid_request'
  | 'unreachable'
  | 'timeout'
  | 'aborted'
  | 'broken_off';

const CODES: Readonly<Record<FailureReason, ErrorCode>> = {
  host_not_allowed: 'host_not_allowed',
  invalid_request: 'invalid_input',
  unreachable: 'not_allowed_now',
  timeout: 'not_allowed_now',
  aborted: 'not_allowed_now',
  broken_off: 'not_allowed_now',
};

/**
 * A request without an answer. `sent: 'no'`: certainly nothing reached the other side, so it is safe
 * to try again. `sent: 'maybe'`: the connection stood, so the effect may have happened.
 */
export class OutgoingFailure extends AppError {
  readonly reason: FailureReason;
  readonly sent: 'no' | 'maybe';

  constructor(reason: FailureReason, sent: 'no' | 'maybe', message: string, options?: { cause?: unknown }) {
    super(CODES[reason], message, options);
    this.name = 'OutgoingFailure';
    this.reason = reason;
    this.sent = sent;
  }
}
