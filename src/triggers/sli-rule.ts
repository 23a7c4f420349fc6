import type { SliDefinition } from '../services/slis.ts';
import type { Baseline } from './baseline.ts';
import type { Check } from './evidence.ts';
import type { Comparator, TriggerSettings } from './schema.ts';
import type { Normal, Tally } from './sequential.ts';

/** One SLI under one comparator. */
export interface SliRule {
  readonly sli: string;
  readonly definition: SliDefinition;
  readonly comparator: Comparator;
  readonly slo: number | undefined;
  readonly minSamples: number;
  readonly settings: Pick<TriggerSettings, 'baseline' | 'confirm'>;
}

/** A rate with a sample size can be told from chance, unless the service wants the documented limit as it stands. */
export function isTestable({ definition, comparator, settings }: SliRule): boolean {
  return definition.unit === 'rate' && comparator.ratio === undefined && settings.confirm === 'sequential';
}

/** How much worse than normal its limit is, as a share of answers; 0 where the limit itself is given. */
export function marginOf({ comparator }: SliRule): number {
  return comparator.drop ?? comparator.rise ?? 0;
}

/** What is normal as a test sees it: the share of bad answers before, or the limit where that is given. */
export function normalOf(rule: SliRule, baseline: Baseline): Normal {
  const { comparator, slo } = rule;
  if (comparator.drop === undefined && comparator.rise === undefined) {
    const given = comparator.above ?? comparator.below;
    return { rate: badShare(rule, (given === 'slo' ? slo : given) ?? 0), samples: Infinity };
  }
  return baseline.value === undefined
    ? { rate: 1, samples: Infinity }
    : { rate: badShare(rule, baseline.value), samples: baseline.samples };
}

/** The checks with a sample size that reach without a break up to `index`, none before `restart`. */
export function sampled(checks: readonly Check[], restart: number, index: number): readonly Check[] {
  let from = index;
  while (from > restart && checks[from - 1]?.samples !== undefined) from--;
  return checks.slice(from, index + 1);
}

/** Undefined when some check does not say. */
export function totalSamples(checks: readonly Check[]): number | undefined {
  let sum = 0;
  for (const { samples } of checks) {
    if (samples === undefined) return undefined;
    sum += samples;
  }
  return sum;
}

/** The bad answers of each check. */
export function talliesOf(rule: SliRule, checks: readonly Check[]): Tally[] {
  return checks.map(({ value, samples = 0 }) => ({ bad: badShare(rule, value) * samples, samples }));
}

function badShare({ comparator }: SliRule, value: number): number {
  return comparator.drop !== undefined || comparator.below !== undefined ? 1 - value : value;
}
