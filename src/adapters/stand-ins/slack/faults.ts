/** What a method does instead of what it should. `accept_then_drop`: the effect happens, the answer is lost. */
export type SlackFault = 'rate_limited' | 'error' | 'accept_then_drop' | 'hang' | `platform_error:${string}`;

/** `Retry-After` of a rate-limited answer, in seconds. */
export const RETRY_AFTER_SECONDS = 1;

/** The faults that are waiting for a call. */
export interface Faults {
  /** The next `times` calls of `method` fail so; `*` is any method, `response_url` the response URLs. */
  add(method: string, fault: SlackFault, times: number): void;
  take(method: string): SlackFault | undefined;
}

export function createFaults(): Faults {
  const waiting: { readonly method: string; readonly fault: SlackFault }[] = [];
  return {
    add(method, fault, times) {
      for (let i = 0; i < times; i++) waiting.push({ method, fault });
    },
    take(method) {
      const index = waiting.findIndex((entry) => entry.method === method || entry.method === '*');
      return index < 0 ? undefined : waiting.splice(index, 1)[0]?.fault;
    },
  };
}
