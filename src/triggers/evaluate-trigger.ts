import type { ServiceIdentity } from '../services/schema.ts';
import { formatSliValue, type SliDefinition, sliDefinition } from '../services/slis.ts';
import type { Alert, Measurement } from '../signals/signal.ts';
import { formatDuration, HOUR, SECOND } from '../time.ts';
import { type BaselineSums, baselineOf } from './baseline.ts';
import type { Comparator, TriggerRule, TriggerSettings } from './schema.ts';
import { type Severity, severityForTier } from './severity.ts';
import type { Finding } from './trigger.ts';

/** What is known of a service when its triggers are evaluated. */
export interface Evidence {
  /** The newest measurement of each SLI. */
  readonly latest: ReadonlyMap<string, Measurement>;
  readonly baselines: ReadonlyMap<string, BaselineSums>;
  /** The newest state of each vendor alert that is not long over. */
  readonly alerts: readonly Alert[];
}

type RuledService = ServiceIdentity & TriggerSettings;

/** A measurement older than this, or than three of its windows, says nothing of now. */
const STALE_AFTER = 2 * HOUR;

/**
 * Evaluates one documented trigger: a finding for each SLI it watches and each alert that stands for it.
 * What was firing clears only when it has recovered to half the threshold, so that a value on the edge does not flap.
 */
export function evaluateTrigger(
  name: string,
  rule: TriggerRule,
  service: RuledService,
  evidence: Evidence,
  before: ReadonlyMap<string, Finding>,
  now: Date,
): readonly Finding[] {
  const fromSlis = Object.entries(rule.slis).map(([sli, comparator]) => {
    const key = `${name}:${sli}`;
    return evaluateSli({
      name,
      rule,
      service,
      evidence,
      now,
      key,
      sli,
      comparator,
      wasFiring: before.get(key)?.state === 'firing',
    });
  });
  const fromAlerts = evidence.alerts
    .filter((alert) => alert.trigger === name)
    .map((alert) => evaluateAlert(name, rule, service, alert));
  return [...fromSlis, ...fromAlerts];
}

interface SliQuestion {
  readonly name: string;
  readonly rule: TriggerRule;
  readonly service: RuledService;
  readonly evidence: Evidence;
  readonly now: Date;
  readonly key: string;
  readonly sli: string;
  readonly comparator: Comparator;
  readonly wasFiring: boolean;
}

function evaluateSli(question: SliQuestion): Finding {
  const { name, rule, service, evidence, now, key, sli, comparator, wasFiring } = question;
  const definition = sliDefinition(sli, service.slis);
  const notEvaluable = (why: string): Finding => ({
    key,
    trigger: name,
    sli,
    state: 'not_evaluable',
    severity: lowestSeverity(rule, service),
    reason: `${definition.title}: ${why}`,
  });

  const measurement = evidence.latest.get(sli);
  if (measurement === undefined) return notEvaluable('no data');
  const staleAfter = Math.max(STALE_AFTER, 3 * (measurement.windowSeconds ?? 0) * SECOND);
  const age = now.getTime() - measurement.at.getTime();
  if (age > staleAfter) return notEvaluable(`no data for ${formatDuration(age)}`);
  if (measurement.samples !== undefined && measurement.samples < rule.min_samples) {
    return notEvaluable(`only ${measurement.samples} samples, ${rule.min_samples} needed`);
  }
  const baseline = baselineOf(sli, service.baseline, evidence.baselines.get(sli));
  if (baseline.value === undefined) return notEvaluable(baseline.origin);

  const threshold = comparator.drop ?? comparator.rise ?? 0;
  const against =
    comparator.drop !== undefined ? baseline.value - measurement.value : measurement.value - baseline.value;
  // Differences of fractions carry binary dust: 0.95 − 0.90 must not count as more than 5 points.
  const distance = Math.round(against * 1e9) / 1e9;
  const firing = distance > threshold || (wasFiring && distance > threshold / 2);
  return {
    key,
    trigger: name,
    sli,
    state: firing ? 'firing' : 'healthy',
    reason: explain(
      definition,
      measurement,
      { value: baseline.value, origin: baseline.origin },
      distance,
      threshold,
      comparator,
      rule.source,
    ),
    severity: severityForTier(severityAt(rule, distance), service.tier),
    value: measurement.value,
    baseline: baseline.value,
    recoveredWithin: threshold / 2,
    observedAt: measurement.at,
    ...(firing
      ? { onset: new Date(measurement.at.getTime() - (measurement.windowSeconds ?? 0) * SECOND) }
      : {}),
  };
}

function explain(
  definition: SliDefinition,
  measurement: Measurement,
  baseline: { value: number; origin: string },
  distance: number,
  threshold: number,
  comparator: Comparator,
  source: string,
): string {
  const towards = comparator.drop !== undefined ? ['below', 'above'] : ['above', 'below'];
  const amount = `${Math.abs(distance * 100).toFixed(1)} points ${distance >= 0 ? towards[0] : towards[1]}`;
  const sample = [
    measurement.samples === undefined ? 'sample size unknown' : `${measurement.samples} samples`,
    ...(measurement.windowSeconds === undefined
      ? []
      : [`over ${formatDuration(measurement.windowSeconds * SECOND)}`]),
  ].join(' ');
  return (
    `${definition.title} ${formatSliValue(measurement.value, definition.unit)} is ${amount} its baseline of ` +
    `${formatSliValue(baseline.value, definition.unit)} (${baseline.origin}; ${sample}). The limit is ${+(threshold * 100).toFixed(2)} points (${source}).`
  );
}

function evaluateAlert(name: string, rule: TriggerRule, service: RuledService, alert: Alert): Finding {
  const common = {
    key: `${name}:alert:${alert.key}`,
    trigger: name,
    severity: lowestSeverity(rule, service),
    observedAt: alert.at,
    ...(alert.url === undefined ? {} : { url: alert.url }),
  };
  const says = `${vendorName(alert.source)} alert “${alert.title}”`;
  if (alert.status === 'resolved')
    return { ...common, state: 'healthy', reason: `${says} was resolved by its sender.` };
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
    reason: `${says} is firing. It stands for “${rule.title}” (${rule.source}) and carries no value; it is trusted as the service file says.`,
  };
}

function severityAt(rule: TriggerRule, distance: number): Severity {
  return rule.severity.find((step) => step.beyond === undefined || distance > step.beyond)?.is ?? 'SEV4';
}

/** The severity of crossing the trigger without knowing by how much. */
function lowestSeverity(rule: TriggerRule, service: ServiceIdentity): Severity {
  return severityForTier(rule.severity.at(-1)?.is ?? 'SEV4', service.tier);
}

function vendorName(source: string): string {
  return source === 'pagerduty' ? 'PagerDuty' : source;
}
