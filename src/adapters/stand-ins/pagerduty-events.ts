import { z } from 'zod';
import { parseJson } from '../../json.ts';
import { listen, type Received, type Reply } from './http-exchange.ts';

/** How the Events API fails. `echo_400` refuses with the body of the request in its words. */
export type EventsFault =
  | 'rate_limited'
  | 'error_500'
  | 'html_502'
  | 'html_200'
  | 'echo_400'
  | 'hang'
  | 'drop';

/** What events of one key made of it; after `resolved` the same key makes a new one. */
export interface PagerDutyAlert {
  readonly key: string;
  readonly summary: string;
  readonly severity: string;
  readonly timestamp: string | undefined;
  readonly details: unknown;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
}

/** PagerDuty's Events API v2 (reference integrations §2.3), as strict as it is documented. */
export interface PagerDutyEvents {
  readonly url: string;
  alerts(): readonly PagerDutyAlert[];
  /** Each event that was taken, as `action key`. */
  taken(): readonly string[];
  /** The next requests fail so. */
  misbehave(fault: EventsFault, times: number): void;
  close(): Promise<void>;
}

const LIMIT_BYTES = 512 * 1024;
const key = z.string().max(255);
const event = z.discriminatedUnion('event_action', [
  z.object({
    routing_key: z.string().length(32),
    event_action: z.literal('trigger'),
    dedup_key: key.optional(),
    client: z.string().optional(),
    payload: z.object({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime({ offset: true }).optional(),
      custom_details: z.unknown().optional(),
    }),
  }),
  z.object({
    routing_key: z.string().length(32),
    event_action: z.enum(['acknowledge', 'resolve']),
    dedup_key: key.min(1),
  }),
]);

/** Starts the Events API of a service with one integration. */
export async function startPagerDutyEvents(options: {
  readonly routingKey: string;
}): Promise<PagerDutyEvents> {
  const alerts: PagerDutyAlert[] = [];
  const taken: string[] = [];
  const faults: EventsFault[] = [];

  function take(sent: z.output<typeof event>): Reply {
    const dedupKey = sent.dedup_key ?? `made-${alerts.length + 1}`;
    taken.push(`${sent.event_action} ${dedupKey}`);
    const index = alerts.findIndex((each) => each.key === dedupKey && each.status !== 'resolved');
    const open = alerts[index];
    if (sent.event_action === 'trigger') {
      const { summary, severity, timestamp, custom_details: details } = sent.payload;
      const alert = { key: dedupKey, summary, severity, timestamp, details };
      if (open === undefined) alerts.push({ ...alert, status: 'triggered' });
      else alerts[index] = { ...alert, status: open.status };
    } else if (open !== undefined) {
      // For a key that is not open it is dropped, although it is answered 202.
      alerts[index] = { ...open, status: sent.event_action === 'resolve' ? 'resolved' : 'acknowledged' };
    }
    return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: dedupKey } };
  }

  function answer({ method, path, headers, body }: Received): Reply {
    if (method !== 'POST' || path !== '/v2/enqueue') return { status: 404, body: 'Not Found' };
    const fault = faults.shift();
    if (fault !== undefined) return failed(fault, body.toString('utf8'));
    if (headers['content-type']?.startsWith('application/json') !== true)
      return refused(['Content-Type must be application/json']);
    if (body.length > LIMIT_BYTES) return { status: 413, body: 'Request Entity Too Large' };
    const read = event.safeParse(parseJson(body));
    if (!read.success)
      return refused(read.error.issues.map((issue) => `'${issue.path.join('.')}' ${issue.message}`));
    return read.data.routing_key === options.routingKey ? take(read.data) : refused(['Invalid routing key']);
  }

  const listening = await listen(answer);
  return {
    url: listening.url,
    close: listening.close,
    alerts: () => [...alerts],
    taken: () => [...taken],
    misbehave(fault, times) {
      faults.push(...Array.from({ length: times }, () => fault));
    },
  };
}

function refused(errors: readonly string[]): Reply {
  return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors } };
}

function failed(fault: EventsFault, body: string): Reply {
  const html = { headers: { 'content-type': 'text/html' }, body: '<html><body>proxy</body></html>' };
  if (fault === 'hang' || fault === 'drop') return fault;
  if (fault === 'echo_400') return refused([`this is not right: ${body}`]);
  if (fault === 'html_502') return { status: 502, ...html };
  if (fault === 'html_200') return { status: 200, ...html };
  return fault === 'rate_limited' ? { status: 429, body: 'Rate limited' } : { status: 500, body: 'Oops' };
}
