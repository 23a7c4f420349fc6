import type { JsonObject } from './json.ts';

/** Slack says no: answered with HTTP 200 and `{ok: false, error}` (reference §1.6). */
export class SlackRefusal extends Error {
  /** Slack's error string, such as `channel_not_found`. */
  readonly error: string;
  /** More fields of the answer. */
  readonly detail: JsonObject;

  constructor(error: string, detail: JsonObject = {}) {
    super(`Slack refused: ${error} ${JSON.stringify(detail)}`);
    this.name = 'SlackRefusal';
    this.error = error;
    this.detail = detail;
  }
}

/** One broken limit: where, as a JSON pointer, and what Slack says about it. */
export interface LimitFault {
  readonly at: string;
  readonly message: string;
}

/** Refuses with Slack's wording of broken limits, `[ERROR] … [json-pointer:/…]`; nothing when there are none. */
export function refuseFaults(error: string, faults: readonly LimitFault[]): void {
  if (faults.length === 0) return;
  const lines = faults.map((fault) => `${fault.message} [json-pointer:${fault.at}]`);
  throw new SlackRefusal(error, {
    errors: lines,
    response_metadata: { messages: lines.map((line) => `[ERROR] ${line}`) },
  });
}
