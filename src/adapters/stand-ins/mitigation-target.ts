import { writeFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { messageOf } from '../../errors.ts';
import { listen, type Received, type Reply } from './http-exchange.ts';
import { postStandardWebhook, type WebhookAnswer, type WebhookOverride } from './standard-webhook.ts';

/** How a rollback target fails: before or after the effect, with or without an answer (reference §5). */
export type MitigationFault =
  | 'hang_after_effect'
  | 'error_after_effect'
  | 'refuse_422'
  | 'limit_429'
  | 'error_500';

/** One `POST /rollback` as it came in, whatever became of it. */
export interface RollbackRequest {
  /** The `Idempotency-Key` header. */
  readonly key: string | undefined;
  readonly webhookId: string | undefined;
  readonly verified: boolean;
  readonly body: string;
  /** `undefined`: nothing was answered. */
  readonly status: number | undefined;
}

/** A change of version that really happened. */
export interface RollbackEffect {
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

/** The result of a mitigation, as the callback reports it (design §7). */
export interface MitigationResult {
  readonly attempt: string | number;
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly detail?: string;
}

export interface MitigationTargetOptions {
  /** `whsec_…`: verifies rollbacks and signs callbacks. */
  readonly secret: string;
  /** False: a target that repeats its effect whenever it is asked again. */
  readonly honoursKey: boolean;
  readonly versions: { readonly current: string; readonly previous: string };
  /** `running` answers 202 and leaves the end to {@link MitigationTarget.finish} or a callback. Default `succeeded`. */
  readonly answers?: 'running' | 'succeeded';
  /** A file rewritten after each effect with `{version, effects}`, for readers in another process. */
  readonly statePath?: string;
}

/** A deployment system: `POST /rollback`, `GET /version` → `{version}`, `GET /status` → `{status}`. */
export interface MitigationTarget {
  readonly url: string;
  version(): string;
  requests(): readonly RollbackRequest[];
  effects(): readonly RollbackEffect[];
  misbehave(fault: MitigationFault, times: number): void;
  /** Forgets the faults that are left. */
  behave(): void;
  /** Ends a rollback that was answered `running`: what `GET /status` says from now on. */
  finish(status: 'succeeded' | 'failed'): void;
  /** Posts a signed result to the bot's callback URL. */
  callback(url: string, result: MitigationResult, override?: WebhookOverride): Promise<WebhookAnswer>;
  close(): Promise<void>;
}

/** Starts a target that knows two versions and rolls back to `to` of the body, else to `previous`. */
export async function startMitigationTarget(options: MitigationTargetOptions): Promise<MitigationTarget> {
  const webhook = new Webhook(options.secret);
  const requests: RollbackRequest[] = [];
  const effects: RollbackEffect[] = [];
  const applied = new Map<string, string>();
  const faults: MitigationFault[] = [];
  let version = options.versions.current;
  let status: 'idle' | MitigationResult['status'] = 'idle';

  function roll(key: string, to: string): void {
    effects.push({ key, from: version, to });
    version = to;
    if (options.statePath) writeFileSync(options.statePath, JSON.stringify({ version, effects }));
  }

  function rollback(body: string, key: string | undefined, refusal: string | undefined): Reply {
    if (refusal !== undefined) return { status: 401, body: { error: refusal } };
    if (!key) return { status: 400, body: { error: 'the Idempotency-Key header is missing' } };
    const to = targetVersion(body, options.versions.previous);
    if (to === undefined) return { status: 400, body: { error: 'the body is not a JSON object' } };
    const fault = faults.shift();
    if (fault === 'error_500')
      return { status: 500, body: { error: 'the target failed before doing anything' } };
    if (fault === 'limit_429') return { status: 429, body: { error: 'too many requests' } };
    if (fault === 'refuse_422') return { status: 422, body: { error: `cannot roll back to ${to}` } };
    const earlier = applied.get(key);
    if (options.honoursKey && earlier !== undefined && earlier !== body) {
      return { status: 422, body: { error: 'this Idempotency-Key was used for another request' } };
    }
    if (!options.honoursKey || earlier === undefined) {
      roll(key, to);
      status = options.answers ?? 'succeeded';
    }
    applied.set(key, body);
    if (fault === 'hang_after_effect') return 'hang';
    if (fault === 'error_after_effect') return { status: 500, body: { error: 'the target failed' } };
    return { status: status === 'running' ? 202 : 200, body: { status, version } };
  }

  function receive(request: Received): Reply {
    const route = `${request.method} ${request.path}`;
    if (route === 'GET /version') return { status: 200, body: { version } };
    if (route === 'GET /status') return { status: 200, body: { status } };
    if (route !== 'POST /rollback') return { status: 404, body: { error: `no such route: ${route}` } };
    const body = request.body.toString('utf8');
    const key = request.headers['idempotency-key'];
    const refusal = whyNotAuthentic(webhook, request);
    const reply = rollback(body, key, refusal);
    requests.push({
      key,
      webhookId: request.headers['webhook-id'],
      verified: refusal === undefined,
      body,
      status: typeof reply === 'string' ? undefined : reply.status,
    });
    return reply;
  }

  const { url, close } = await listen(receive);
  return {
    url,
    close,
    version: () => version,
    requests: () => [...requests],
    effects: () => [...effects],
    misbehave(fault, times) {
      for (let i = 0; i < times; i++) faults.push(fault);
    },
    behave() {
      faults.length = 0;
    },
    finish(ended) {
      status = ended;
    },
    callback: (to, result, override) =>
      postStandardWebhook(to, options.secret, JSON.stringify(result), override),
  };
}

function whyNotAuthentic(webhook: Webhook, request: Received): string | undefined {
  try {
    webhook.verify(request.body, { ...request.headers }, { jsonParse: false });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function targetVersion(body: string, fallback: string): string | undefined {
  if (body === '') return fallback;
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    return 'to' in parsed && typeof parsed.to === 'string' ? parsed.to : fallback;
  } catch {
    return undefined;
  }
}
