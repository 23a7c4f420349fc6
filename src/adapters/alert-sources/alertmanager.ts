import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { TokenHolder } from '../../bearer-token.ts';
import { contentHash } from '../../ids.ts';
import { parseJson } from '../../json.ts';
import type { ServiceDirectory, ServiceIdentity } from '../../services/schema.ts';
import type { Refusal } from '../../signals/parse-signals.ts';
import type { Reading, SignalSource } from '../../signals/receive-delivery.ts';
import { routeAlert } from '../../signals/route-alert.ts';
import type { SignalSettings } from '../../signals/schema.ts';
import type { Alert } from '../../signals/signal.ts';
import { senderByToken } from './alert-token.ts';
import { boundedLabels, clipped } from './labels.ts';

type RoutedService = ServiceIdentity & SignalSettings;

/** Different reasons told in one message. */
const REASONS_TOLD = 5;
const URL_LIMIT = 2000;

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** What of a group is needed (integrations §3.1). `notification_reason` and `routeLabels` may be missing. */
const group = z.object({
  version: z.literal('4'),
  externalURL: z.string().optional().catch(undefined),
  truncatedAlerts: z.int().min(0).default(0).catch(0),
  alerts: z.array(z.unknown()),
});
const groupedAlert = z.object({
  status: z.enum(['firing', 'resolved']),
  fingerprint: z.string().min(1).max(200),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()).default({}).catch({}),
  startsAt: time,
  endsAt: time.optional().catch(undefined),
  generatorURL: z.string().optional().catch(undefined),
});
type GroupedAlert = z.output<typeof groupedAlert>;

/** `POST /webhooks/alertmanager`: version 4 of Alertmanager's webhook, known by a token since it signs nothing. */
export function alertmanagerSource(options: {
  senders: readonly TokenHolder[];
  services: ServiceDirectory<RoutedService>;
}): SignalSource {
  const rules = contentHash(
    options.services.all().map(({ service, sources }) => [service, sources.alerts] as const),
  );
  return {
    name: 'alertmanager',
    authenticate(delivery) {
      const sender = senderByToken(options.senders, delivery);
      // A repeat of an alert that is still firing has the same bytes: after the rules changed it has to be read again.
      return { sender, deliveryId: createHash('sha256').update(rules).update(delivery.body).digest('hex') };
    },
    read: (body, _sender, now) => readGroup(body, options.services.all(), rules, now),
  };
}

function readGroup(body: Buffer, services: readonly RoutedService[], rules: string, now: Date): Reading {
  const read = group.safeParse(parseJson(body));
  if (!read.success) {
    return {
      kind: 'unusable',
      reason:
        'The body is no Alertmanager webhook of version 4 (version and alerts). Remove `payload` from the webhook_config, so that Alertmanager sends its own format.',
    };
  }
  const { alerts, externalURL, truncatedAlerts } = read.data;
  if (alerts.length === 0) return { kind: 'nothing', why: 'the group has no alerts' };
  const signals: Alert[] = [];
  const refused: Refusal[] = [];
  alerts.forEach((item, index) => {
    const alert = groupedAlert.safeParse(item);
    if (!alert.success) {
      refused.push({ index, id: null, code: 'unreadable', reason: describe(alert.error) });
      return;
    }
    const taken = toSignal(alert.data, externalURL, services, now);
    if (typeof taken !== 'string') signals.push(taken);
    else refused.push({ index, id: alert.data.fingerprint, code: 'unknown_service', reason: taken });
  });
  return {
    kind: 'signals',
    signals,
    refused,
    ...(truncatedAlerts === 0
      ? {}
      : {
          note: `Alertmanager left out ${truncatedAlerts} alerts of this group (max_alerts of its webhook_config); nothing is concluded about them.`,
        }),
    ...(refused.length === 0 ? {} : { report: reportOf(refused, rules) }),
  };
}

/** The alert as a signal, or what to add so that somebody owns it. */
function toSignal(
  alert: GroupedAlert,
  externalURL: string | undefined,
  services: readonly RoutedService[],
  now: Date,
): Alert | string {
  const { fingerprint, labels, annotations, status } = alert;
  const title = clipped(labels.alertname ?? 'alert without a name');
  const route = routeAlert({ from: 'alertmanager', title, labels }, services);
  if (route.service === undefined) return route.whatToAdd;
  const episode = alert.startsAt.toISOString();
  const url = webAddress(alert.generatorURL) ?? webAddress(externalURL);
  return {
    type: 'alert',
    // Not from the body as a whole: two Alertmanagers of a cluster, and each repeat, say the same of the same alert.
    id: contentHash([fingerprint, episode, status]),
    source: 'alertmanager',
    service: route.service,
    at: spokenAt(alert, now),
    labels: boundedLabels(labels, annotations),
    // By label set alone: startsAt may move within an episode, and what resolves must find what fired.
    key: fingerprint,
    status,
    title,
    ...(url === undefined ? {} : { url }),
    ...(route.trigger === undefined ? {} : { trigger: route.trigger }),
    ...(route.withoutValue === undefined ? {} : { withoutValue: route.withoutValue }),
  };
}

/** When it began or ended, never in the future. An end before the beginning is Go's zero time: no end is known. */
function spokenAt({ status, startsAt, endsAt }: GroupedAlert, now: Date): Date {
  const said = status === 'firing' ? startsAt : endsAt !== undefined && endsAt >= startsAt ? endsAt : now;
  return said > now ? now : said;
}

/** An http(s) address without user and password, or undefined. */
function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return /^https?:$/.test(url.protocol) && url.href.length <= URL_LIMIT ? url.href : undefined;
}

/** Alertmanager shows nobody our answer. Told again when other alerts are refused, or the rules changed. */
function reportOf(refused: readonly Refusal[], rules: string): { key: string; reason: string } {
  const reasons = [...new Set(refused.map((each) => each.reason))].sort();
  const more = reasons.length - REASONS_TOLD;
  return {
    key: contentHash([rules, reasons]),
    reason: [...reasons.slice(0, REASONS_TOLD), ...(more > 0 ? [`And ${more} more like these.`] : [])].join(
      '\n',
    ),
  };
}

function describe(error: z.ZodError): string {
  return `An alert can't be read: ${error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`;
}
