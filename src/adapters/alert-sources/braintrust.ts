import { z } from 'zod';
import type { TokenHolder } from '../../bearer-token.ts';
import { contentHash } from '../../ids.ts';
import { parseJson } from '../../json.ts';
import type { ServiceDirectory } from '../../services/schema.ts';
import type { Reading, SignalSource } from '../../signals/receive-delivery.ts';
import { senderByToken } from './alert-token.ts';
import { deliveryIdOf, hourlyKey, type RoutedService, readAlert, rulesOf } from './vendor-alert.ts';

/** What of an alert is needed (ai-observability “What arrives”); everything else may change. */
const alert = z.object({
  project: z.object({ name: z.string() }),
  automation: z.object({ id: z.string().min(1), name: z.string().min(1), event_type: z.string() }),
  details: z.object({
    is_test: z.boolean().default(false),
    message: z.string().default(''),
    time_end: z.iso
      .datetime({ offset: true })
      .transform((text) => new Date(text))
      .optional()
      .catch(undefined),
    count: z.number().optional().catch(undefined),
    related_logs_url: z.string().optional().catch(undefined),
  }),
});

/**
 * `POST /webhooks/braintrust`: log alerts, known by a token, since Braintrust documents no signature. Which score it was
 * stands only in the alert's filter, so there is no value: `count` is how many logs matched.
 */
export function braintrustSource(options: {
  senders: readonly TokenHolder[];
  services: ServiceDirectory<RoutedService>;
}): SignalSource {
  const rules = rulesOf(options.services.all());
  return {
    name: 'braintrust',
    authenticate: (delivery) => ({
      sender: senderByToken(options.senders, delivery),
      deliveryId: deliveryIdOf(rules, delivery.body),
    }),
    read: (body, _sender, now) => read(body, options.services.all(), now),
  };
}

function read(body: Buffer, services: readonly RoutedService[], now: Date): Reading {
  const json = alert.safeParse(parseJson(body));
  if (!json.success)
    return {
      kind: 'unusable',
      reason: 'The body is no alert of Braintrust (project, automation, details).',
    };
  const { project, automation, details } = json.data;
  if (details.is_test)
    return {
      kind: 'nothing',
      why: 'test alert taken: Braintrust can reach aire and its token fits. A test declares nothing.',
    };
  if (automation.event_type !== 'logs')
    return {
      kind: 'nothing',
      why: `alerts of type ${automation.event_type} are not used, only those on logs`,
    };
  const at = details.time_end ?? now;
  return readAlert(
    {
      from: 'braintrust',
      id: contentHash([automation.id, at.toISOString()]),
      key: hourlyKey(automation.id, at),
      at,
      status: 'firing',
      title: automation.name,
      labels: {
        project: project.name,
        message: details.message,
        ...(details.count === undefined ? {} : { count: String(details.count) }),
      },
      url: details.related_logs_url,
      neverRecovers: true,
    },
    services,
    now,
  );
}
