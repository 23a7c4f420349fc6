import type { ServiceIdentity } from '../services/schema.ts';
import type { Alert } from '../signals/signal.ts';
import { DAY } from '../time.ts';
import { plainSeverity } from './rule-severity.ts';
import type { TriggerRule } from './schema.ts';
import type { Finding } from './trigger.ts';

/** A vendor's alert that has not spoken for this long is not known any more. */
export const ALERT_MEMORY = 7 * DAY;

const VENDORS: Readonly<Record<string, string>> = {
  pagerduty: 'PagerDuty',
  alertmanager: 'Alertmanager',
  grafana: 'Grafana',
  datadog: 'Datadog',
  langfuse: 'Langfuse',
  langsmith: 'LangSmith',
  braintrust: 'Braintrust',
  vendor: 'Status page',
};

/** The vendor as it writes itself. */
export function vendorName(source: string): string {
  return VENDORS[source] ?? source;
}

/**
 * What a vendor's alert says for the trigger it stands for: with a value the vendor has compared it, without one it is
 * trusted only where the service file says so.
 */
export function evaluateAlert(
  name: string,
  rule: TriggerRule,
  service: ServiceIdentity,
  alert: Alert,
): Finding {
  const common = {
    key: `${name}:alert:${alert.key}`,
    trigger: name,
    severity: plainSeverity(rule, service),
    observedAt: alert.at,
    alert: {
      source: alert.source,
      ...(alert.vendorService === undefined ? {} : { vendorService: alert.vendorService }),
    },
    ...(alert.url === undefined ? {} : { url: alert.url }),
  };
  const says = `${vendorName(alert.source)} alert “${alert.title}”`;
  if (alert.status === 'resolved')
    return { ...common, state: 'healthy', reason: `${says} was resolved by its sender.` };
  const standsFor = `It stands for “${rule.title}”`;
  if (alert.value !== undefined) {
    const limit = alert.threshold === undefined ? '' : ` against its limit of ${alert.threshold}`;
    return {
      ...common,
      state: 'firing',
      onset: alert.at,
      reason: `${says} is firing: ${alert.value}${limit}, as its sender measured. ${standsFor}.`,
    };
  }
  if (alert.withoutValue !== 'trust') {
    return {
      ...common,
      state: 'not_evaluable',
      reason: `${says} is firing but carries no value to compare (without_value: not_evaluable).`,
    };
  }
  return {
    ...common,
    state: 'firing',
    onset: alert.at,
    reason: `${says} is firing. ${standsFor} and carries no value; it is trusted as the service file says.`,
  };
}
