/** What went wrong, in a form code can branch on. The message is for people; the code is for programs. */
export type ErrorCode =
  | 'config_invalid'
  | 'conflict'
  | 'database_unavailable'
  | 'delivery_oversized'
  | 'delivery_stale'
  | 'delivery_unauthenticated'
  | 'delivery_unreadable'
  | 'directory_in_use'
  | 'forbidden'
  | 'host_not_allowed'
  | 'invalid_input'
  | 'not_allowed_now'
  | 'not_found'
  | 'runbooks_invalid'
  | 'schema_too_new'
  | 'slack_failed'
  | 'template_invalid';

/**
 * An error whose message may be shown to the person who caused it: it says what is wrong, where,
 * and what to do. Anything else that is thrown is a defect and is shown only in the log.
 */
export class AppError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
  }
}

/** True when `error` is an {@link AppError}, optionally one with the given code. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/** The message of anything that was thrown. That of a failed query holds its parameters, people's texts: its cause says why. */
export function messageOf(error: unknown): string {
  if (error instanceof Error && error.message.startsWith('Failed query:') && error.cause !== undefined)
    return messageOf(error.cause);
  return error instanceof Error ? error.message : String(error);
}
