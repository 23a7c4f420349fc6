import { z } from 'zod';
import type { TokenHolder } from '../../bearer-token.ts';
import { contentHash } from '../../ids.ts';
import { parseJson } from '../../json.ts';
import type { ServiceDirectory } from '../../services/schema.ts';
import type { Reading, SignalSource } from '../../signals/receive-delivery.ts';
import type { AlertStatus } from '../../signals/signal.ts';
import { senderByToken } from './alert-token.ts';
import { numberIn } from './labels.ts';
import { deliveryIdOf, type RoutedService, readAlert, rulesOf } from './vendor-alert.ts';

/** A variable that Datadog does not know stays as its name. */
const variable = z
  .union([z.string(), z.number().transform(String)])
  .transform((text) => (/^\$[A-Z_]+$|^\s*$/.test(text) ? undefined : text))
  .optional()
  .catch(undefined);

/** The payload that README has people paste: Datadog sends what it is told to (integrations §3.3). */
const notification = z.object({
  aire: z.literal('datadog/1'),
  id: variable,
  monitor: variable,
  cycle: variable,
  transition: variable,
  title: variable,
  priority: variable,
  tags: variable,
  link: variable,
  at: variable,
});

/** `$ALERT_TRANSITION` without case, blanks and hyphens. */
const STATUS: ReadonlyMap<string, AlertStatus> = new Map([
  ['triggered', 'firing'],
  ['retriggered', 'firing'],
  ['renotify', 'firing'],
  ['warn', 'firing'],
  ['rewarn', 'firing'],
  ['nodata', 'firing'],
  ['renodata', 'firing'],
  ['recovered', 'resolved'],
]);
/** What Datadog writes before a title: `[TEST]`, `[Triggered on {env:prod}]`, `[P1]`. */
const PREFIX = /^\s*\[(test|p[1-5]|(?:re-?)?(?:triggered|warn|no ?data|renotify)|recovered)\b[^\]]*\]\s*/i;

/** `POST /webhooks/datadog`: monitors, known by a token, since Datadog signs nothing. */
export function datadogSource(options: {
  senders: readonly TokenHolder[];
  services: ServiceDirectory<RoutedService>;
}): SignalSource {
  const rules = rulesOf(options.services.all());
  return {
    name: 'datadog',
    authenticate: (delivery) => ({
      sender: senderByToken(options.senders, delivery),
      deliveryId: deliveryIdOf(rules, delivery.body),
    }),
    read: (body, _sender, now) => read(body, options.services.all(), now),
  };
}

function read(body: Buffer, services: readonly RoutedService[], now: Date): Reading {
  const json = notification.safeParse(parseJson(body));
  if (!json.success)
    return {
      kind: 'unusable',
      reason:
        'The body is not the payload for Datadog that the README of aire has ("aire": "datadog/1"). Paste it into Payload of the webhook, without Encode as form.',
    };
  const { id, monitor, cycle, transition, title = '', priority, tags, link, at } = json.data;
  const { name, marks } = titleOf(title);
  if (marks.includes('test'))
    return {
      kind: 'nothing',
      why: 'test notification taken: Datadog can reach aire and its token fits. A test declares nothing.',
    };
  if (cycle === undefined || name === '')
    return {
      kind: 'unusable',
      reason: 'cycle ($ALERT_CYCLE_KEY) or title ($EVENT_TITLE) is empty: only monitors can be taken.',
    };
  const word = (transition ?? '').toLowerCase().replaceAll(/[\s-]/g, '');
  const status = STATUS.get(word);
  if (status === undefined)
    return {
      kind: 'unusable',
      reason: `transition ($ALERT_TRANSITION) is “${transition ?? ''}”, which says neither that the monitor fires nor that it recovered.`,
    };
  return readAlert(
    {
      from: 'datadog',
      id: contentHash([id ?? at ?? null, cycle, word]),
      key: cycle,
      at: timeOf(at) ?? now,
      status,
      title: name,
      labels: {
        ...labelsOf(tags ?? ''),
        ...(monitor === undefined ? {} : { monitor }),
        ...(priority === undefined ? {} : { priority }),
      },
      url: link,
      hasNoData: word.endsWith('nodata'),
    },
    services,
    now,
  );
}

/** The title as it is of the same monitor whatever happens to it, and what stood before it in brackets. */
function titleOf(title: string): { name: string; marks: readonly string[] } {
  const marks: string[] = [];
  let name = title;
  for (let found = PREFIX.exec(name); found !== null; found = PREFIX.exec(name)) {
    marks.push((found[1] ?? '').toLowerCase());
    name = name.slice(found[0].length);
  }
  return { name: name.trim(), marks };
}

/** `env:prod,service:support-agent` */
function labelsOf(tags: string): Record<string, string> {
  const pairs = tags.split(',').map((tag): [string, string] => {
    const [name = '', ...value] = tag.trim().split(':');
    return [name, value.join(':')];
  });
  return Object.fromEntries(pairs.filter(([name]) => name !== ''));
}

/** Unix milliseconds. */
function timeOf(text: string | undefined): Date | undefined {
  const date = new Date(numberIn(text) ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
