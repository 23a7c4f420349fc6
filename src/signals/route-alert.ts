import type { ServiceIdentity } from '../services/schema.ts';
import { asMatch, matchesAll } from './glob-match.ts';
import type { AlertRule, SignalSettings } from './schema.ts';

/** What a vendor says about an alert, before it is known whose it is. */
export interface UnroutedAlert {
  readonly from: AlertRule['from'];
  readonly title: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The vendor's own service id, where it has one. */
  readonly vendorService?: { readonly id: string; readonly name?: string };
  /** What to match in the rule that is proposed when nobody claims it; the title unless it changes on recovery. */
  readonly suggest?: Readonly<Record<string, string>>;
}

/** Senders whose alerts carry labels that people choose. */
const LABELLED: readonly AlertRule['from'][] = ['alertmanager', 'grafana', 'datadog'];

export type AlertRoute =
  | {
      readonly service: string;
      readonly trigger?: string;
      readonly withoutValue?: AlertRule['without_value'];
    }
  | { readonly service: undefined; readonly whatToAdd: string };

/**
 * Whose alert this is (design §6): `owners.pagerduty_service`, else a `sources.alerts` match, else its
 * `service` label; else what to add to a service file. The trigger is that of the service's first matching rule.
 */
export function routeAlert(
  alert: UnroutedAlert,
  services: readonly (ServiceIdentity & SignalSettings)[],
): AlertRoute {
  const owner =
    services.find(
      (s) =>
        alert.from === 'pagerduty' &&
        s.owners.pagerduty_service !== undefined &&
        s.owners.pagerduty_service === alert.vendorService?.id,
    ) ??
    services.find((s) => matchingRule(alert, s) !== undefined) ??
    services.find((s) => s.service === alert.labels.service);
  if (owner === undefined) return { service: undefined, whatToAdd: whatToAdd(alert) };
  const rule = matchingRule(alert, owner);
  return rule === undefined
    ? { service: owner.service }
    : { service: owner.service, trigger: rule.trigger, withoutValue: rule.without_value };
}

function matchingRule(alert: UnroutedAlert, service: SignalSettings): AlertRule | undefined {
  return service.sources.alerts.find(
    (rule) => rule.from === alert.from && matchesAll(rule.match, { ...alert.labels, title: alert.title }),
  );
}

function whatToAdd(alert: UnroutedAlert): string {
  const title = JSON.stringify(alert.title);
  if (alert.vendorService === undefined) {
    const add = `No service file claims the alert ${title}. Add to the file of the service it belongs to:  sources: { alerts: [ { from: ${alert.from}, ${asMatch(alert.suggest ?? { title: alert.title })}, trigger: … } ] }`;
    return LABELLED.includes(alert.from) ? `${add}  ${labelHint(alert.labels.service)}` : add;
  }
  const { id, name } = alert.vendorService;
  const named = name === undefined ? id : `${id} (${name})`;
  return `No service file claims PagerDuty service ${named}, which sent ${title}. Add to the file of the service it belongs to:  owners: { pagerduty_service: ${id} }`;
}

function labelHint(service: string | undefined): string {
  return service === undefined
    ? 'Or label the alert with the name of a service file:  service: …'
    : `Or correct its label service: ${JSON.stringify(service)}, since no service file has that name.`;
}
