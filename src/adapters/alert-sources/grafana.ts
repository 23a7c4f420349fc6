import type { TokenHolder } from '../../bearer-token.ts';
import type { ServiceDirectory } from '../../services/schema.ts';
import type { SignalSource } from '../../signals/receive-delivery.ts';
import { type GroupedAlert, type GroupFormat, readGroup } from './alert-group.ts';
import { senderByToken } from './alert-token.ts';
import { requireRecent, requireSignature } from './signature.ts';
import { deliveryIdOf, type RoutedService, rulesOf } from './vendor-alert.ts';

const FORMAT: GroupFormat = {
  from: 'grafana',
  version: '1',
  unreadable:
    'The body is no webhook of Grafana Alerting (version and alerts). Remove the custom payload from the contact point.',
  truncated: (count) =>
    `Grafana left out ${count} alerts of this group (Max Alerts of the contact point); nothing is concluded about them.`,
  measured,
  test: {
    // What Test of a contact point sends.
    isTest: ({ labels }) => labels.alertname === 'TestAlert' && labels.instance === 'Grafana',
    answer: 'test alert taken: Grafana can reach aire and is known to it. A test declares nothing.',
  },
};

/**
 * `POST /webhooks/grafana`: webhooks of Grafana Alerting, signed (with the timestamp, where the contact point sends one)
 * or known by a token (integrations §3.2).
 */
export function grafanaSource(options: {
  secrets: readonly string[];
  senders: readonly TokenHolder[];
  services: ServiceDirectory<RoutedService>;
}): SignalSource {
  const rules = rulesOf(options.services.all());
  const signing = { vendor: 'Grafana', variable: 'GRAFANA_WEBHOOK_SECRET', secrets: options.secrets };
  return {
    name: 'grafana',
    repeatsItself: true,
    authenticate(delivery, wallTime) {
      const { headers, body } = delivery;
      const deliveryId = deliveryIdOf(rules, body);
      const signature = headers['x-grafana-alerting-signature'];
      if (signature === undefined) return { deliveryId, sender: senderByToken(options.senders, delivery) };
      const timestamp = headers['x-grafana-alerting-timestamp'];
      if (timestamp === undefined) requireSignature(signing, signature, body);
      else {
        requireSignature(signing, signature, timestamp, ':', body);
        requireRecent(timestamp, wallTime);
      }
      return { deliveryId };
    },
    read: (body, _sender, now) => readGroup(body, FORMAT, options.services.all(), now),
  };
}

/**
 * The value among those of a rule's expressions, by reference, if there is only one: what a condition answers is 0 or 1
 * beside it. Several different numbers are not guessed about.
 */
function measured({ values, valueString }: GroupedAlert): number | undefined {
  const all = values === undefined ? numbersIn(valueString ?? '') : Object.values(values);
  const finite = [...new Set(all)].filter((value) => Number.isFinite(value));
  const [only, ...others] = finite.length > 1 ? finite.filter((value) => value !== 0 && value !== 1) : finite;
  return others.length === 0 ? only : undefined;
}

/** The numbers of `[ var='B' labels={} value=0.12 ]`. */
function numbersIn(text: string): number[] {
  return Array.from(text.matchAll(/\bvalue=([-+.\deE]+) \]/g), (match) => Number(match[1]));
}
