import { createHmac, randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../time.ts';
import { type Answered, post } from './http-exchange.ts';

/** Whose webhooks these are. Two secrets while one is being rotated: each signs (reference §2.1). */
export interface PagerDutySenderOptions {
  /** The bot's base address. */
  readonly url: string;
  readonly secrets: readonly string[];
  /** Service of incidents that name none. */
  readonly serviceId: string;
  readonly serviceName?: string;
  /** When things happen in the story; the default is wall time. */
  readonly clock?: Clock;
}

/** What PagerDuty says about an incident. */
export interface PagerDutyIncidentEvent {
  readonly type: 'triggered' | 'acknowledged' | 'resolved';
  /** PagerDuty's incident id, such as `PINC1`. */
  readonly id: string;
  readonly title: string;
  readonly serviceId?: string;
  readonly urgency?: 'high' | 'low';
  readonly incidentKey?: string;
  readonly priority?: string;
  /** Who did it; a triggered incident usually comes from nobody. */
  readonly agent?: { readonly id: string; readonly name: string };
  /** Constant across retries: the receiver's dedupe key. */
  readonly webhookId?: string;
}

/** Ways to send a webhook that is refused, or accepted and put aside. */
export interface PagerDutyOverride {
  readonly wrongSignature?: boolean;
  /** Authentic, but not JSON: must be accepted, since three refusals disable the subscription. */
  readonly unreadable?: boolean;
  /** Pads the body to at least this many bytes. */
  readonly oversizedBytes?: number;
}

/** The answer, and the `X-Webhook-Id` that was used. */
export interface PagerDutyAnswer extends Answered {
  readonly webhookId: string;
}

/** Sends PagerDuty V3 webhooks to `/webhooks/pagerduty`. */
export interface PagerDutySender {
  incident(event: PagerDutyIncidentEvent, override?: PagerDutyOverride): Promise<PagerDutyAnswer>;
  ping(override?: PagerDutyOverride): Promise<PagerDutyAnswer>;
  /** What PagerDuty does after a 5xx, a 429 or silence: the same bytes under the same `X-Webhook-Id`. */
  retry(webhookId: string): Promise<PagerDutyAnswer>;
  /** 4xx answers in a row, 429 aside. At three PagerDuty disables the subscription for a day. */
  dropsInARow(): number;
}

interface Delivery {
  readonly webhookId: string;
  readonly body: string;
  readonly signature: string;
}

/** A PagerDuty account with one webhook subscription, pointing at the bot. */
export function createPagerDutySender(options: PagerDutySenderOptions): PagerDutySender {
  const address = new URL('/webhooks/pagerduty', options.url).href;
  const clock = options.clock ?? systemClock;
  const sent = new Map<string, Delivery>();
  let drops = 0;

  async function deliver(delivery: Delivery): Promise<PagerDutyAnswer> {
    sent.set(delivery.webhookId, delivery);
    const answered = await post(
      address,
      {
        'content-type': 'application/json',
        'user-agent': 'PagerDuty-Webhook/V3.0',
        'x-pagerduty-signature': delivery.signature,
        'x-webhook-id': delivery.webhookId,
        'x-webhook-subscription': 'PSUBSCRIPTION',
      },
      delivery.body,
    );
    const dropped = answered.status >= 400 && answered.status < 500 && answered.status !== 429;
    drops = dropped ? drops + 1 : 0;
    return { ...answered, webhookId: delivery.webhookId };
  }

  function send(event: EventParts, webhookId: string, override: PagerDutyOverride): Promise<PagerDutyAnswer> {
    const envelope = {
      event: { id: `01${webhookId}`, occurred_at: clock.now().toISOString(), client: null, ...event },
    };
    let body = JSON.stringify(envelope);
    if (override.unreadable) body = body.slice(0, Math.floor(body.length / 2));
    // White space keeps the envelope readable, so that size alone is what is refused.
    if (override.oversizedBytes !== undefined) body = body.padEnd(override.oversizedBytes, ' ');
    const secrets = override.wrongSignature ? ['a secret that nobody configured'] : options.secrets;
    return deliver({
      webhookId,
      body,
      signature: secrets.map((secret) => signatureOf(body, secret)).join(','),
    });
  }

  return {
    incident: (event, override = {}) =>
      send(incidentEvent(event, options, clock.now()), event.webhookId ?? randomUUID(), override),
    ping: (override = {}) => send(PING, randomUUID(), override),
    async retry(webhookId) {
      const delivery = sent.get(webhookId);
      if (delivery === undefined) throw new Error(`PagerDuty never sent a webhook with the id ${webhookId}.`);
      return deliver(delivery);
    },
    dropsInARow: () => drops,
  };
}

interface EventParts {
  readonly event_type: string;
  readonly resource_type: string;
  readonly agent: unknown;
  readonly data: unknown;
}

const PING: EventParts = {
  event_type: 'pagey.ping',
  resource_type: 'pagey',
  agent: null,
  data: { message: 'Hello from your friend Pagey!', type: 'ping' },
};

function signatureOf(body: string, secret: string): string {
  return `v1=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

function incidentEvent(event: PagerDutyIncidentEvent, options: PagerDutySenderOptions, at: Date): EventParts {
  const serviceId = event.serviceId ?? options.serviceId;
  const link = (kind: string, id: string) => `https://aire.pagerduty.example/${kind}/${id}`;
  return {
    event_type: `incident.${event.type}`,
    resource_type: 'incident',
    agent: event.agent
      ? {
          id: event.agent.id,
          type: 'user_reference',
          summary: event.agent.name,
          html_url: link('users', event.agent.id),
        }
      : null,
    data: {
      id: event.id,
      type: 'incident',
      self: `https://api.pagerduty.example/incidents/${event.id}`,
      html_url: link('incidents', event.id),
      number: Number.parseInt(event.id.replace(/\D/g, '') || '1', 10),
      status: event.type,
      incident_key: event.incidentKey ?? `key-${event.id}`,
      created_at: at.toISOString(),
      title: event.title,
      incident_type: { name: 'incident_default' },
      service: {
        id: serviceId,
        type: 'service_reference',
        summary: options.serviceName ?? serviceId,
        html_url: link('service-directory', serviceId),
      },
      assignees: event.agent
        ? [{ id: event.agent.id, type: 'user_reference', summary: event.agent.name }]
        : [],
      escalation_policy: { id: 'PESC1', type: 'escalation_policy_reference', summary: 'Default' },
      teams: [],
      priority: event.priority ? { id: 'PPRIO1', type: 'priority_reference', summary: event.priority } : null,
      urgency: event.urgency ?? 'high',
      conference_bridge: null,
      resolve_reason: null,
    },
  };
}
