import { alertmanagerSource } from './adapters/alert-sources/alertmanager.ts';
import { braintrustSource } from './adapters/alert-sources/braintrust.ts';
import { datadogSource } from './adapters/alert-sources/datadog.ts';
import { githubSource } from './adapters/alert-sources/github.ts';
import { grafanaSource } from './adapters/alert-sources/grafana.ts';
import { langfuseSource } from './adapters/alert-sources/langfuse.ts';
import { langsmithSource } from './adapters/alert-sources/langsmith.ts';
import { otlpEvaluationsSource } from './adapters/alert-sources/otlp-evaluations.ts';
import { signalsSource } from './adapters/alert-sources/signals.ts';
import { deliveryRoute } from './adapters/http/delivery-route.ts';
import { otlpRoute } from './adapters/http/otlp-route.ts';
import type { Route } from './adapters/http/server.ts';
import { pagerDutySource } from './adapters/pagerduty/webhooks.ts';
import type { Catalogue } from './catalogue/load-catalogue.ts';
import type { Config } from './config.ts';
import type { SignalSource } from './signals/receive-delivery.ts';

/** Where signals come in: one address for each source (design §7). */
export function signalRoutes(
  config: Config,
  { services }: Pick<Catalogue, 'services'>,
  receive: Parameters<typeof deliveryRoute>[2],
): Route[] {
  const { alertSenders: senders, webhookSecrets: secrets } = config;
  const at = (path: string, source: SignalSource): Route => deliveryRoute(path, source, receive);
  /** For senders that can set no header, the token may end the address. */
  const byToken = (path: string, source: SignalSource): Route[] => [
    at(path, source),
    at(`${path}/:token`, source),
  ];
  return [
    at('/webhooks/pagerduty', pagerDutySource({ secrets: config.pagerduty.webhookSecrets, services })),
    at('/webhooks/signals', signalsSource({ senders: config.signalSenders, services })),
    ...byToken('/webhooks/alertmanager', alertmanagerSource({ senders, services })),
    at('/webhooks/github', githubSource({ secrets: secrets.github, services })),
    at('/webhooks/langfuse', langfuseSource({ secrets: secrets.langfuse, services })),
    ...byToken('/webhooks/grafana', grafanaSource({ secrets: secrets.grafana, senders, services })),
    ...byToken('/webhooks/langsmith', langsmithSource({ secrets: secrets.langsmith, senders, services })),
    ...byToken('/webhooks/braintrust', braintrustSource({ senders, services })),
    ...byToken('/webhooks/datadog', datadogSource({ senders, services })),
    otlpRoute('/webhooks/otlp/v1/logs', otlpEvaluationsSource({ senders, services }), receive),
  ];
}
