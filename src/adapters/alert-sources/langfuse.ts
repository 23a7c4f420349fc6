import { z } from 'zod';
import { parseJson } from '../../json.ts';
import type { ServiceDirectory } from '../../services/schema.ts';
import type { Reading, SignalSource } from '../../signals/receive-delivery.ts';
import type { AlertStatus } from '../../signals/signal.ts';
import { requireRecent, requireSignature } from './signature.ts';
import { deliveryIdOf, type RoutedService, readAlert, rulesOf } from './vendor-alert.ts';
import { readChange } from './vendor-change.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** What of a delivery is needed (ai-observability “What arrives”); everything else may change. */
const envelope = z.object({ id: z.string().min(1), timestamp: time, type: z.string() });
const monitorAlert = z.object({
  payload: z.object({
    monitorId: z.string().min(1),
    projectId: z.string(),
    permalink: z.string().optional().catch(undefined),
    message: z.object({ title: z.string(), body: z.string().default('') }),
    severity: z.string(),
    view: z.string().default(''),
    window: z.string().default(''),
  }),
});
const promptVersion = z.object({
  action: z.enum(['created', 'updated', 'deleted']),
  prompt: z.object({
    name: z.string().min(1),
    version: z.int(),
    labels: z.array(z.string()).default([]),
    commitMessage: z.string().nullish().catch(undefined),
  }),
});

/** Severities that say something; of the others Langfuse sends nothing that a service is judged by. */
const STATUS: ReadonlyMap<string, AlertStatus> = new Map([
  ['ALERT', 'firing'],
  ['WARNING', 'firing'],
  ['NO_DATA', 'firing'],
  ['OK', 'resolved'],
]);
/** What Langfuse serves to those who ask for no label. */
const SERVED = 'production';

/** `POST /webhooks/langfuse`: alerts of monitors and versions of prompts, signed with their time. */
export function langfuseSource(options: {
  secrets: readonly string[];
  services: ServiceDirectory<RoutedService>;
}): SignalSource {
  const rules = rulesOf(options.services.all());
  const signing = { vendor: 'Langfuse', variable: 'LANGFUSE_WEBHOOK_SECRET', secrets: options.secrets };
  return {
    name: 'langfuse',
    authenticate({ headers, body }, wallTime) {
      const parts = new Map(
        (headers['x-langfuse-signature'] ?? '')
          .split(',')
          .map((part): [string, string] => [part.trim().slice(0, 1), part.trim().slice(2)]),
      );
      const at = parts.get('t') ?? '';
      requireSignature(signing, parts.get('s'), at, '.', body);
      requireRecent(at, wallTime);
      return { deliveryId: deliveryIdOf(rules, body) };
    },
    read: (body, _sender, now) => read(body, options.services.all(), now),
  };
}

function read(body: Buffer, services: readonly RoutedService[], now: Date): Reading {
  const json = parseJson(body);
  const event = envelope.safeParse(json);
  if (!event.success)
    return {
      kind: 'unusable',
      reason:
        'The body is no webhook of Langfuse (id, timestamp, type). Choose the action Webhook in its automation.',
    };
  const { id, timestamp, type } = event.data;
  if (type === 'monitor-alert') {
    const alert = monitorAlert.safeParse(json);
    return alert.success
      ? readMonitor(alert.data.payload, { id, at: timestamp }, services, now)
      : unreadable(type);
  }
  if (type === 'prompt-version') {
    const change = promptVersion.safeParse(json);
    return change.success ? readPrompt(change.data, { id, at: timestamp }, services, now) : unreadable(type);
  }
  return {
    kind: 'nothing',
    why: `Langfuse can reach aire and its signature fits; events of type ${type} are not used`,
  };
}

function unreadable(type: string): Reading {
  return { kind: 'unusable', reason: `The ${type} event has not the fields that Langfuse documents.` };
}

/** Langfuse gives the number only in words, so there is no value; the words are kept as the label `message`. */
function readMonitor(
  {
    monitorId,
    projectId,
    permalink,
    message,
    severity,
    view,
    window,
  }: z.output<typeof monitorAlert>['payload'],
  event: { id: string; at: Date },
  services: readonly RoutedService[],
  now: Date,
): Reading {
  const status = STATUS.get(severity);
  if (status === undefined)
    return {
      kind: 'nothing',
      why: `the severity ${severity} says neither that something is wrong nor that it is over`,
    };
  return readAlert(
    {
      ...event,
      from: 'langfuse',
      key: monitorId,
      status,
      title: message.title,
      labels: { monitorId, projectId, severity, view, window, message: message.body },
      // The title is another when it recovers.
      suggest: { monitorId },
      url: permalink,
      hasNoData: severity === 'NO_DATA',
    },
    services,
    now,
  );
}

/** A version counts as moved when it carries the label that is served: most versions are written before they are used. */
function readPrompt(
  { action, prompt }: z.output<typeof promptVersion>,
  event: { id: string; at: Date },
  services: readonly RoutedService[],
  now: Date,
): Reading {
  const version = `v${prompt.version}`;
  return readChange(
    {
      ...event,
      from: 'langfuse',
      labels: { prompt: prompt.name, version, label: prompt.labels.join(', '), action },
      values: { prompt: prompt.name, version, label: prompt.labels, action },
      unlessNamed: { label: SERVED },
      suggest: {
        prompt: prompt.name,
        ...(prompt.labels.includes(SERVED) ? {} : { label: prompt.labels[0] ?? SERVED }),
      },
      ...(action === 'deleted' ? { before: version } : { after: version }),
      called: `version ${prompt.version} of the prompt ${prompt.name} (labels: ${prompt.labels.join(', ') || 'none'})`,
      usually: 'prompt',
    },
    services,
    now,
  );
}
