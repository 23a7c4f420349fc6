import type { TokenHolder } from '../../bearer-token.ts';
import type { ServiceDirectory } from '../../services/schema.ts';
import type { SignalSource } from '../../signals/receive-delivery.ts';
import { type GroupFormat, readGroup } from './alert-group.ts';
import { senderByToken } from './alert-token.ts';
import { deliveryIdOf, type RoutedService, rulesOf } from './vendor-alert.ts';

const FORMAT: GroupFormat = {
  from: 'alertmanager',
  version: '4',
  unreadable:
    'The body is no Alertmanager webhook of version 4 (version and alerts). Remove `payload` from the webhook_config, so that Alertmanager sends its own format.',
  truncated: (count) =>
    `Alertmanager left out ${count} alerts of this group (max_alerts of its webhook_config); nothing is concluded about them.`,
};

/** `POST /webhooks/alertmanager`: version 4 of Alertmanager's webhook, known by a token since it signs nothing. */
export function alertmanagerSource(options: {
  senders: readonly TokenHolder[];
  services: ServiceDirectory<RoutedService>;
}): SignalSource {
  const rules = rulesOf(options.services.all());
  return {
    name: 'alertmanager',
    repeatsItself: true,
    authenticate(delivery) {
      const sender = senderByToken(options.senders, delivery);
      return { sender, deliveryId: deliveryIdOf(rules, delivery.body) };
    },
    read: (body, _sender, now) => readGroup(body, FORMAT, options.services.all(), now),
  };
}
