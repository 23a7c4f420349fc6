import { z } from 'zod';
import type { TokenHolder } from '../../bearer-token.ts';
import { contentHash } from '../../ids.ts';
import { parseJson } from '../../json.ts';
import type { ServiceDirectory } from '../../services/schema.ts';
import type { Reading, SignalSource } from '../../signals/receive-delivery.ts';
import { senderByToken } from './alert-token.ts';
import { numberIn } from './labels.ts';
import { requireSignature } from './signature.ts';
import { deliveryIdOf, hourlyKey, type RoutedService, readAlert, rulesOf } from './vendor-alert.ts';

const numeric = z
  .union([z.number(), z.string().transform((text) => numberIn(text))])
  .optional()
  .catch(undefined);

/** What LangSmith adds to the body of an alert (ai-observability “What arrives”). */
const thresholdAlert = z.object({
  alert_rule_id: z.string().min(1),
  alert_rule_name: z.string().min(1),
  alert_rule_attribute: z.string().default(''),
  project_name: z.string().default(''),
  triggered_metric_value: numeric,
  triggered_threshold: numeric,
  timestamp: z.string().optional().catch(undefined),
  // Ours, in the body template of a test: LangSmith marks its tests in no documented way.
  is_test: z.boolean().default(false).catch(false),
});
const engineEvent = z.object({
  id: z.string().min(1),
  type: z.string(),
  created: z.number().min(0).max(8.64e12),
  data: z.object({ object: z.unknown() }),
});
const issue = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  severity: z.int(),
  session_name: z.string().default(''),
  url: z.string().optional().catch(undefined),
});
const SEVERITIES = ['urgent', 'high', 'medium', 'low'] as const;

/** `POST /webhooks/langsmith`: alerts, known by a token, and issues of the Engine, signed over the raw body. */
export function langsmithSource(options: {
  secrets: readonly string[];
  senders: readonly TokenHolder[];
  services: ServiceDirectory<RoutedService>;
}): SignalSource {
  const rules = rulesOf(options.services.all());
  const signing = { vendor: 'LangSmith', variable: 'LANGSMITH_WEBHOOK_SECRET', secrets: options.secrets };
  return {
    name: 'langsmith',
    authenticate(delivery) {
      const deliveryId = deliveryIdOf(rules, delivery.body);
      const signature = delivery.headers['x-langsmith-signature'];
      if (signature === undefined) return { deliveryId, sender: senderByToken(options.senders, delivery) };
      requireSignature(signing, signature.replace(/^sha256=/, ''), delivery.body);
      return { deliveryId };
    },
    read: (body, _sender, now) => read(body, options.services.all(), now),
  };
}

function read(body: Buffer, services: readonly RoutedService[], now: Date): Reading {
  const json = parseJson(body);
  const alert = thresholdAlert.safeParse(json);
  if (alert.success) return readThreshold(alert.data, services, now);
  const event = engineEvent.safeParse(json);
  if (event.success) return readIssue(event.data, services, now);
  return {
    kind: 'unusable',
    reason:
      'The body is no alert of LangSmith (alert_rule_id and alert_rule_name) and no event of its Engine (id, type, created, data.object).',
  };
}

function readThreshold(
  alert: z.output<typeof thresholdAlert>,
  services: readonly RoutedService[],
  now: Date,
): Reading {
  if (alert.is_test)
    return {
      kind: 'nothing',
      why: 'test alert taken: LangSmith can reach aire and its token fits. A test declares nothing; remove is_test from the body.',
    };
  const at = timeOf(alert.timestamp) ?? now;
  return readAlert(
    {
      from: 'langsmith',
      id: contentHash([alert.alert_rule_id, alert.timestamp ?? at.toISOString()]),
      key: hourlyKey(alert.alert_rule_id, at),
      at,
      status: 'firing',
      title: alert.alert_rule_name,
      labels: { project: alert.project_name, attribute: alert.alert_rule_attribute },
      value: alert.triggered_metric_value,
      threshold: alert.triggered_threshold,
      neverRecovers: true,
    },
    services,
    now,
  );
}

function readIssue(
  { id, type, created, data }: z.output<typeof engineEvent>,
  services: readonly RoutedService[],
  now: Date,
): Reading {
  if (type === 'issue.trace.added')
    return { kind: 'nothing', why: 'another trace of an issue that issue.created has told already' };
  if (type !== 'issue.created') return { kind: 'nothing', why: `events of type ${type} are not used` };
  const read = issue.safeParse(data.object);
  if (!read.success)
    return { kind: 'unusable', reason: `The ${type} event has no issue with id, name and severity.` };
  const { id: key, name, severity, session_name, url } = read.data;
  return readAlert(
    {
      from: 'langsmith',
      id,
      key,
      at: new Date(created * 1000),
      status: 'firing',
      title: name,
      labels: {
        project: session_name,
        severity: SEVERITIES[severity] ?? String(severity),
      },
      // Each issue has a name of its own; the project and how bad it is are what a rule can know before.
      suggest: session_name === '' ? { title: name } : { project: session_name, severity: '*' },
      url,
      neverRecovers: true,
    },
    services,
    now,
  );
}

/** Which format `timestamp` has is not documented: RFC 3339, or unix time in seconds or milliseconds. */
function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const unix = numberIn(text);
  const date = new Date(unix === undefined ? text : unix * (unix > 1e11 ? 1 : 1000));
  return Number.isNaN(date.getTime()) ? undefined : date;
}
