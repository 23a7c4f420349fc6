import { z } from 'zod';
import { contentHash } from '../../ids.ts';
import { parseJson } from '../../json.ts';
import type { Refusal } from '../../signals/parse-signals.ts';
import type { Reading } from '../../signals/receive-delivery.ts';
import type { Alert } from '../../signals/signal.ts';
import { numberIn } from './labels.ts';
import {
  type RoutedService,
  reportOf,
  rulesOf,
  toSignal,
  type VendorAlert,
  webAddress,
} from './vendor-alert.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** What of a group is needed (integrations §3.1, §3.2). Other fields may be missing or change. */
const group = z.object({
  version: z.string(),
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
  // Grafana alone.
  panelURL: z.string().optional().catch(undefined),
  dashboardURL: z.string().optional().catch(undefined),
  values: z.record(z.string(), z.number()).optional().catch(undefined),
  valueString: z.string().optional().catch(undefined),
});
export type GroupedAlert = z.output<typeof groupedAlert>;

/** What differs between those that send Alertmanager's groups. */
export interface GroupFormat {
  readonly from: 'alertmanager' | 'grafana';
  readonly version: string;
  readonly unreadable: string;
  truncated(count: number): string;
  /** The measured value where an annotation does not give it. */
  measured?(alert: GroupedAlert): number | undefined;
  /** What is said of an alert that only tries the connection. */
  readonly test?: { isTest(alert: GroupedAlert): boolean; readonly answer: string };
}

/** A group of alerts, alert by alert. */
export function readGroup(
  body: Buffer,
  format: GroupFormat,
  services: readonly RoutedService[],
  now: Date,
): Reading {
  const read = group.safeParse(parseJson(body));
  if (!read.success || read.data.version !== format.version)
    return { kind: 'unusable', reason: format.unreadable };
  const { alerts, externalURL, truncatedAlerts } = read.data;
  if (alerts.length === 0) return { kind: 'nothing', why: 'the group has no alerts' };
  const signals: Alert[] = [];
  const refused: Refusal[] = [];
  let tests = 0;
  alerts.forEach((item, index) => {
    const alert = groupedAlert.safeParse(item);
    if (!alert.success) {
      refused.push({ index, id: null, code: 'unreadable', reason: describe(alert.error) });
      return;
    }
    if (format.test?.isTest(alert.data) === true) {
      tests += 1;
      return;
    }
    const taken = toSignal(vendorAlert(alert.data, format, externalURL, now), services, now);
    if (typeof taken !== 'string') signals.push(taken);
    else refused.push({ index, id: alert.data.fingerprint, code: 'unknown_service', reason: taken });
  });
  if (tests === alerts.length) return { kind: 'nothing', why: format.test?.answer ?? '' };
  return {
    kind: 'signals',
    signals,
    refused,
    ...(truncatedAlerts === 0 ? {} : { note: format.truncated(truncatedAlerts) }),
    ...(refused.length === 0 ? {} : { report: reportOf(refused, rulesOf(services)) }),
  };
}

function vendorAlert(
  alert: GroupedAlert,
  format: GroupFormat,
  externalURL: string | undefined,
  now: Date,
): VendorAlert {
  const { fingerprint, labels, annotations, status } = alert;
  const addresses = [alert.panelURL, alert.dashboardURL, alert.generatorURL, externalURL];
  return {
    from: format.from,
    // Not from the body as a whole: two Alertmanagers of a cluster, and each repeat, say the same of the same alert.
    id: contentHash([fingerprint, alert.startsAt.toISOString(), status]),
    // By label set alone: startsAt may move within an episode, and what resolves must find what fired.
    key: fingerprint,
    status,
    at: spokenAt(alert, now),
    title: labels.alertname ?? 'alert without a name',
    labels,
    annotations,
    url: addresses.find((address) => webAddress(address) !== undefined),
    value: numberIn(annotations.value) ?? numberIn(labels.value) ?? format.measured?.(alert),
  };
}

/** When it began or ended. An end before the beginning is Go's zero time: no end is known. */
function spokenAt({ status, startsAt, endsAt }: GroupedAlert, now: Date): Date {
  return status === 'firing' ? startsAt : endsAt !== undefined && endsAt >= startsAt ? endsAt : now;
}

function describe(error: z.ZodError): string {
  return `An alert can't be read: ${error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`;
}
