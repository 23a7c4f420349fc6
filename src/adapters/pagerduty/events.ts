import { z } from 'zod';
import { messageOf } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { SECOND } from '../../time.ts';

export interface EventsOptions {
  /** Integration key of an Events API v2 integration; 32 characters. */
  readonly routingKey: string;
  /** Without a path. */
  readonly url: string;
  /** How long one event may take, in milliseconds. */
  readonly timeout?: number;
}

/** An alert of PagerDuty. Events of one key are about one alert, whoever sends them and however often. */
export type PagerDutyEvent =
  | { readonly action: 'resolve'; readonly key: string }
  | {
      readonly action: 'trigger';
      readonly key: string;
      readonly summary: string;
      readonly at: Date;
      readonly details: Readonly<Record<string, string>>;
    };

/** What became of an event. After `not_now` it may be sent again: its key makes that harmless. */
export type EventAnswer =
  | { readonly kind: 'ok' }
  | { readonly kind: 'not_now' | 'refused'; readonly reason: string };

const TIMEOUT = 5 * SECOND;
const SUMMARY_LIMIT = 1024;
const REASON_LIMIT = 500;

const refusal = z.object({
  message: z.string().catch(''),
  errors: z.array(z.string()).catch([]),
});

/**
 * Sends one event to PagerDuty's Events API v2 (reference integrations §2.3); never throws. Without pdjs, which only
 * knows https, waits by itself on 429 and hides the status of an answer that is not JSON (§2.4).
 */
export async function sendEvent(options: EventsOptions, event: PagerDutyEvent): Promise<EventAnswer> {
  // Before it is cut: half a key would not be recognised.
  const clean = (reason: string): string => reason.replaceAll(options.routingKey, '…').slice(0, REASON_LIMIT);
  try {
    const response = await fetch(`${options.url}/v2/enqueue`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(bodyOf(options.routingKey, event)),
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeout ?? TIMEOUT),
    });
    const text = await response.text();
    const { status } = response;
    if (status === 202) return { kind: 'ok' };
    const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
    return isFinal
      ? { kind: 'refused', reason: clean(refusalIn(status, text)) }
      : { kind: 'not_now', reason: `PagerDuty answered ${status}.` };
  } catch (error) {
    return {
      kind: 'not_now',
      reason: clean(`PagerDuty could not be reached, or did not answer in time: ${causeOf(error)}`),
    };
  }
}

function bodyOf(routingKey: string, event: PagerDutyEvent): object {
  const head = { routing_key: routingKey, event_action: event.action, dedup_key: event.key };
  if (event.action === 'resolve') return head;
  return {
    ...head,
    client: 'aire',
    payload: {
      summary: event.summary.slice(0, SUMMARY_LIMIT),
      source: 'aire',
      severity: 'error',
      timestamp: event.at.toISOString(),
      custom_details: event.details,
    },
  };
}

function refusalIn(status: number, text: string): string {
  const said = refusal.safeParse(parseJson(text)).data;
  const words = [said?.message ?? '', ...(said?.errors ?? [])].filter((each) => each !== '').join(': ');
  return `PagerDuty answered ${status}${words === '' ? '' : `: ${words}`}. PAGERDUTY_ROUTING_KEY must be the integration key of an Events API v2 integration, and PAGERDUTY_EVENTS_URL the address of that account’s region.`;
}

/** What fetch throws says only that it failed; why is in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : messageOf(cause);
}
