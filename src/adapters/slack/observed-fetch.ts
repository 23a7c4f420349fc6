/** How a call of Slack's Web API ended. `refused` is Slack saying no, `failed` an answer that is no JSON or an HTTP error. */
export type CallOutcome = 'ok' | 'refused' | 'rate_limited' | 'failed' | 'unreachable';

/** Told of every call, with its method such as `chat.postMessage`. */
export type ObserveCall = (method: string, outcome: CallOutcome) => void;

/** `fetch` that tells how each call ended; the answer and the error go through unchanged. */
export function observedFetch(
  observe: ObserveCall,
  send: typeof globalThis.fetch = globalThis.fetch,
): typeof globalThis.fetch {
  return async (input, init) => {
    const method = methodOf(input);
    let response: Response;
    try {
      response = await send(input, init);
    } catch (error) {
      observe(method, 'unreachable');
      throw error;
    }
    observe(method, await outcomeOf(response));
    return response;
  };
}

async function outcomeOf(response: Response): Promise<CallOutcome> {
  if (response.status === 429) return 'rate_limited';
  if (!response.ok) return 'failed';
  try {
    const body: unknown = await response.clone().json();
    return body !== null && typeof body === 'object' && 'ok' in body && body.ok === true ? 'ok' : 'refused';
  } catch {
    return 'failed';
  }
}

/** The last part of the address; uploads go to addresses of their own, which are not told apart. */
function methodOf(input: string | URL | Request): string {
  const url = new URL(input instanceof Request ? input.url : input);
  return /\/api\/([a-zA-Z]+(?:\.[a-zA-Z]+)+)$/.exec(url.pathname)?.[1] ?? 'other';
}
