import type { ServiceIdentity } from '../services/schema.ts';
import { formatSliValue, sliDefinition } from '../services/slis.ts';
import type { Measurement } from '../signals/signal.ts';
import { formatDuration, HOUR, SECOND } from '../time.ts';
import { type Baseline, baselineOf } from './baseline.ts';
import { type Comparison, compare } from './comparison.ts';
import type { Evidence } from './evidence.ts';
import { beyondSeverity, plainSeverity } from './rule-severity.ts';
import type { Comparator, TriggerRule, TriggerSettings } from './schema.ts';
import { type Run, runOf } from './sustained.ts';
import type { Finding } from './trigger.ts';

/** A measurement older than this, or than three of its windows, says nothing of now. */
const STALE_AFTER = 2 * HOUR;

export interface SliQuestion {
  readonly name: string;
  readonly rule: TriggerRule;
  readonly service: ServiceIdentity & TriggerSettings;
  readonly evidence: Evidence;
  readonly now: Date;
  readonly sli: string;
  readonly comparator: Comparator;
  readonly wasFiring: boolean;
}

/** What one SLI says for a trigger: compared with its limit, sustained where the rule asks for it, with the reason in words. */
export function evaluateSli(question: SliQuestion): Finding {
  const { name, rule, service, evidence, now, sli, comparator, wasFiring } = question;
  const definition = sliDefinition(sli, service.slis);
  const base = { key: `${name}:${sli}`, trigger: name, sli };
  const notEvaluable = (why: string): Finding => ({
    ...base,
    state: 'not_evaluable',
    severity: plainSeverity(rule, service),
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
  const slo = service.slos[sli];
  const references = {
    baseline: baselineOf(sli, service.baseline, evidence.baselines.get(sli)),
    slo: slo?.at_least ?? slo?.at_most,
  };
  const comparison = compare(comparator, measurement.value, references, definition);
  if (typeof comparison === 'string') return notEvaluable(comparison);

  const run = comparator.for === undefined ? undefined : sustainedRun(question, references, comparator.for);
  const state = stateOf(comparison, comparator.for, run, wasFiring);
  return {
    ...base,
    state,
    reason: `${definition.title} ${formatSliValue(measurement.value, definition.unit)} ${comparison.words}${restOf(measurement, comparator, references.baseline, comparison, run)}`,
    severity: beyondSeverity(rule, service, comparison.extent),
    value: measurement.value,
    baseline: comparison.reference,
    recoveredWithin: comparison.recoveredWithin,
    observedAt: measurement.at,
    ...(state === 'firing'
      ? {
          onset: run?.since ?? new Date(measurement.at.getTime() - (measurement.windowSeconds ?? 0) * SECOND),
        }
      : {}),
  };
}

function stateOf(
  comparison: Comparison,
  sustainedFor: number | undefined,
  run: Run | undefined,
  wasFiring: boolean,
): Finding['state'] {
  if (wasFiring) return comparison.unrecovered ? 'firing' : 'healthy';
  if (!comparison.breached) return 'healthy';
  return sustainedFor === undefined || (run !== undefined && run.lasted >= sustainedFor)
    ? 'firing'
    : 'suspected';
}

function sustainedRun(
  { evidence, sli, comparator, service, now }: SliQuestion,
  references: Parameters<typeof compare>[2],
  window: number,
): Run | undefined {
  const definition = sliDefinition(sli, service.slis);
  const breaches = (m: Measurement): boolean => {
    const compared = compare(comparator, m.value, references, definition);
    return typeof compared !== 'string' && compared.breached;
  };
  return runOf(evidence.history.get(sli) ?? [], breaches, window, now);
}

/** Where the baseline comes from, how large the sample is, how long it has lasted, and the limit. */
function restOf(
  measurement: Measurement,
  comparator: Comparator,
  baseline: Baseline,
  comparison: Comparison,
  run: Run | undefined,
): string {
  const usesBaseline =
    comparator.drop !== undefined || comparator.rise !== undefined || comparator.ratio !== undefined;
  const sample =
    measurement.samples === undefined
      ? comparator.for === undefined
        ? ['sample size unknown']
        : []
      : [
          [
            `${measurement.samples} samples`,
            ...(measurement.windowSeconds === undefined
              ? []
              : [`over ${formatDuration(measurement.windowSeconds * SECOND)}`]),
          ].join(' '),
        ];
  const lasted =
    comparator.for === undefined || run === undefined ? [] : [`for ${formatDuration(run.lasted)}`];
  const details = [...(usesBaseline ? [baseline.origin] : []), ...sample, ...lasted];
  const limit =
    comparator.for === undefined
      ? comparison.limit
      : `${comparison.limit} for ${formatDuration(comparator.for)}`;
  return `${details.length === 0 ? '' : ` (${details.join('; ')})`}. The limit is ${limit}.`;
}
