import type { Received, Reply } from '../http-exchange.ts';
import { parseArguments } from './arguments.ts';
import { type Faults, RETRY_AFTER_SECONDS, type SlackFault } from './faults.ts';
import type { JsonObject } from './json.ts';
import type { MethodContext } from './method.ts';
import { METHODS } from './methods.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { SlackCall } from './slack-types.ts';

export interface WebApiOptions {
  readonly context: MethodContext;
  readonly botToken: string;
  readonly faults: Faults;
  readonly isDown: () => boolean;
  /** Every call is added here, in order, with what became of it. */
  readonly calls: SlackCall[];
}

/** The Web API: answers `POST /api/<method>`; platform errors are HTTP 200 with `ok: false`. */
export function createWebApi(options: WebApiOptions): (method: string, request: Received) => Reply {
  const { context, faults, calls } = options;

  function run(method: string, args: JsonObject, request: Received): JsonObject {
    const known = METHODS.get(method);
    if (known === undefined) throw new SlackRefusal('unknown_method', { req_method: method });
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? args.token;
    if (token === undefined || token === '') throw new SlackRefusal('not_authed');
    if (token !== options.botToken) throw new SlackRefusal('invalid_auth');
    if (known.scopes.length > 0 && !known.scopes.some((scope) => context.scopes.has(scope))) {
      throw new SlackRefusal('missing_scope', {
        needed: known.scopes[0],
        provided: [...context.scopes].join(','),
      });
    }
    return known.run(args, context);
  }

  function outcomeOf(method: string, args: JsonObject, request: Received): { outcome: string; reply: Reply } {
    const headers = { 'x-oauth-scopes': [...context.scopes].join(',') };
    try {
      return {
        outcome: 'ok',
        reply: { status: 200, body: { ok: true, ...run(method, args, request) }, headers },
      };
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      const body = { ok: false, error: error.error, ...error.detail };
      return { outcome: error.error, reply: { status: 200, body, headers } };
    }
  }

  return (method, request) => {
    const args = parseArguments(request.headers['content-type'] ?? '', request.body.toString('utf8'));
    const note = (outcome: string) =>
      calls.push({ method, args, at: context.workspace.clock.now(), outcome });
    if (options.isDown()) {
      note('down');
      return { status: 503, body: 'service unavailable' };
    }
    const fault = faults.take(method);
    if (fault !== undefined && fault !== 'accept_then_drop') {
      note(fault);
      return faultReply(fault);
    }
    const { outcome, reply } = outcomeOf(method, args, request);
    note(fault === undefined || outcome !== 'ok' ? outcome : fault);
    return fault === undefined ? reply : 'drop';
  };
}

/** What a fault without an effect answers. */
export function faultReply(fault: Exclude<SlackFault, 'accept_then_drop'>): Reply {
  if (fault === 'hang') return 'hang';
  if (fault === 'error') return { status: 500, body: 'internal error' };
  if (fault === 'rate_limited') {
    const headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
    return { status: 429, body: { ok: false, error: 'ratelimited' }, headers };
  }
  return { status: 200, body: { ok: false, error: fault.slice('platform_error:'.length) } };
}
