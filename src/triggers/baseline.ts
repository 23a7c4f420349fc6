import { DAY } from '../time.ts';
import type { TriggerSettings } from './schema.ts';

/** What is normal for an SLI, and where that comes from. */
export type Baseline =
  | {
      readonly value: number;
      readonly origin: string;
      /** How many samples it is known from; `Infinity` when it is pinned. */
      readonly samples: number;
    }
  | { readonly value: undefined; readonly origin: string };

/** Measurements of an SLI over the baseline window, outside incident windows, added up. */
export interface BaselineSums {
  /** Moments at which it was measured. */
  readonly measurements: number;
  /** Σ value · samples; a measurement without a sample size counts as one. */
  readonly weighted: number;
  readonly weight: number;
}

/** Nothing was measured. */
export const NO_SUMS: BaselineSums = { measurements: 0, weighted: 0, weight: 0 };

/** Trailing window of a baseline unless the service says otherwise. */
export const BASELINE_WINDOW = 7 * DAY;
/** Fewer measurements than this are no baseline yet. */
export const BASELINE_MIN_MEASUREMENTS = 12;

/**
 * How the baseline of an SLI follows from what was measured: a pinned one, else the sample-weighted trailing mean; "no
 * baseline yet" says what is missing.
 */
export function baselineOf(
  sli: string,
  settings: TriggerSettings['baseline'],
): (sums: BaselineSums) => Baseline {
  const pinned = settings.pinned[sli];
  if (pinned !== undefined) {
    const baseline: Baseline = { value: pinned, origin: 'pinned', samples: Infinity };
    return () => baseline;
  }
  const days = (settings.over ?? BASELINE_WINDOW) / DAY;
  const origin = `trailing ${days} days`;
  return ({ measurements, weighted, weight }) =>
    measurements < BASELINE_MIN_MEASUREMENTS || weight === 0
      ? {
          value: undefined,
          origin: `no baseline yet: ${measurements} of ${BASELINE_MIN_MEASUREMENTS} healthy measurements in ${days} days`,
        }
      : { value: weighted / weight, origin, samples: weight };
}
