import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { followPageJob } from '../../incidents/follow-page.ts';
import { incidentOfPageKey } from '../../incidents/pager.ts';
import { parseJson } from '../../json.ts';
import type { ServiceDirectory, ServiceIdentity } from '../../services/schema.ts';
import type { Reading, SignalSource } from '../../signals/receive-delivery.ts';
import { routeAlert } from '../../signals/route-alert.ts';
import type { SignalSettings } from '../../signals/schema.ts';
import type { AlertStatus } from '../../signals/signal.ts';

type RoutedService = ServiceIdentity & SignalSettings;

/** What of a V3 event is needed (integrations §2.1); everything else may change. */
const webhook = z.object({
  event: z.object({
    id: z.string().min(1),
    event_type: z.string(),
    occurred_at: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
    agent: z.object({ summary: z.string() }).optional().catch(undefined),
    data: z.unknown(),
  }),
});
const incidentData = z.object({
  id: z.string().min(1),
  title: z.string(),
  incident_key: z.string().optional().catch(undefined),
  html_url: z.url().optional().catch(undefined),
  service: z.object({ id: z.string(), summary: z.string().optional() }),
});

const STATUS: ReadonlyMap<string, AlertStatus> = new Map([
  ['incident.triggered', 'firing'],
  ['incident.reopened', 'firing'],
  ['incident.unacknowledged', 'firing'],
  ['incident.acknowledged', 'acknowledged'],
  ['incident.resolved', 'resolved'],
]);

/** `POST /webhooks/pagerduty`: V3 webhooks, signed over the raw body, deduplicated on `X-Webhook-Id`. */
export function pagerDutySource(options: {
  secrets: readonly string[];
  services: ServiceDirectory<RoutedService>;
}): SignalSource {
  return {
    name: 'pagerduty',
    authenticate({ headers, body }) {
      if (options.secrets.length === 0) {
        throw new AppError(
          'delivery_unauthenticated',
          'PagerDuty webhooks are off. Set PAGERDUTY_WEBHOOK_SECRET and restart aire.',
        );
      }
      if (!isSigned(headers['x-pagerduty-signature'] ?? '', body, options.secrets)) {
        throw new AppError(
          'delivery_unauthenticated',
          'The signature fits no PAGERDUTY_WEBHOOK_SECRET. Nothing was stored.',
        );
      }
      const deliveryId = headers['x-webhook-id'];
      // Without the header, the event's own id is as good; it is in the body, which is authentic.
      return { deliveryId: deliveryId ?? createHmac('sha256', 'body').update(body).digest('hex') };
    },
    read: (body): Reading => read(body, options.services),
  };
}

/** Secrets rotate: several `v1=` values may come, several secrets may be valid; one pair must fit. */
function isSigned(header: string, body: Buffer, secrets: readonly string[]): boolean {
  const given = header
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part.startsWith('v1='))
    .map((part) => Buffer.from(part.slice(3), 'hex'));
  return secrets.some((secret) => {
    const expected = createHmac('sha256', secret).update(body).digest();
    return given.some(
      (signature) => signature.length === expected.length && timingSafeEqual(signature, expected),
    );
  });
}

function read(body: Buffer, services: ServiceDirectory<RoutedService>): Reading {
  const envelope = webhook.safeParse(parseJson(body));
  if (!envelope.success)
    return {
      kind: 'unusable',
      reason:
        'The body is no PagerDuty V3 webhook (no event with id, event_type, occurred_at). Subscribe with webhook version 3.',
    };
  const { event } = envelope.data;
  if (event.event_type === 'pagey.ping')
    return { kind: 'nothing', why: 'pong: PagerDuty can reach aire and its signature fits.' };
  const status = STATUS.get(event.event_type);
  if (status === undefined)
    return { kind: 'nothing', why: `events of type ${event.event_type} are not used` };

  const data = incidentData.safeParse(event.data);
  if (!data.success)
    return {
      kind: 'unusable',
      reason: `The ${event.event_type} event has no incident with id, title and service.`,
    };
  const { id, title, html_url, incident_key: key, service } = data.data;
  const paged = key === undefined ? undefined : incidentOfPageKey(key);
  if (paged !== undefined) {
    // What aire sent itself must never declare an incident, whatever a service file maps (design §6).
    return {
      kind: 'nothing',
      why: `incident_key ${key} is a page that aire sent: its incident hears of it, and no other comes of it`,
      jobs: [
        followPageJob({
          incidentId: paged,
          status,
          at: event.occurred_at,
          eventId: event.id,
          page: {
            id,
            service: service.id,
            isResolved: status === 'resolved',
            ...(html_url === undefined ? {} : { url: html_url }),
          },
          ...(event.agent === undefined ? {} : { by: event.agent.summary }),
        }),
      ],
    };
  }
  const route = routeAlert(
    {
      from: 'pagerduty',
      title,
      labels: {},
      vendorService: { id: service.id, ...(service.summary === undefined ? {} : { name: service.summary }) },
    },
    services.all(),
  );
  if (route.service === undefined) return { kind: 'unusable', reason: route.whatToAdd };
  return {
    kind: 'signals',
    refused: [],
    signals: [
      {
        type: 'alert',
        id: event.id,
        source: 'pagerduty',
        service: route.service,
        at: event.occurred_at,
        labels: {},
        key: id,
        status,
        title,
        vendorService: service.id,
        ...(html_url === undefined ? {} : { url: html_url }),
        ...(route.trigger === undefined ? {} : { trigger: route.trigger }),
        ...(route.withoutValue === undefined ? {} : { withoutValue: route.withoutValue }),
      },
    ],
  };
}
