import { PROMPT_RETENTION } from '../signals/schema.ts';
import { DAY } from '../time.ts';
import { BASELINE_WINDOW } from '../triggers/baseline.ts';
import type { ServiceFile } from './service-file.ts';

const DELIVERIES = 30 * DAY;
const DEAD_LETTERS = 90 * DAY;
const MEASUREMENTS_AT_LEAST = 60 * DAY;
const MEASUREMENTS_BEYOND_BASELINE = 30 * DAY;
const DONE_JOBS = 7 * DAY;
/** A done job with a key keeps the same thing from being done again: a review is caught up for 8 days. */
const DONE_KEYED_JOBS = 30 * DAY;

/** What is older than these may be removed. */
export interface RetentionLimits {
  readonly deliveries: Date;
  /** Deliveries that could not be used. */
  readonly deadLetters: Date;
  readonly measurements: Date;
  readonly doneJobs: Date;
  readonly doneKeyedJobs: Date;
  /** Examples and reports, by service. */
  readonly prompts: ReadonlyMap<string, Date>;
  /** The same for services that have no file any more. */
  readonly otherPrompts: Date;
}

/** How far back to keep what, so that every baseline can still be computed and every service's wish is honoured. */
export function retentionLimits(
  services: readonly Pick<ServiceFile, 'service' | 'baseline' | 'retention'>[],
  now: Date,
): RetentionLimits {
  const before = (ms: number): Date => new Date(now.getTime() - ms);
  const longest = Math.max(0, ...services.map((service) => service.baseline.over ?? BASELINE_WINDOW));
  return {
    deliveries: before(DELIVERIES),
    deadLetters: before(DEAD_LETTERS),
    measurements: before(Math.max(MEASUREMENTS_AT_LEAST, longest + MEASUREMENTS_BEYOND_BASELINE)),
    doneJobs: before(DONE_JOBS),
    doneKeyedJobs: before(DONE_KEYED_JOBS),
    prompts: new Map(services.map(({ service, retention }) => [service, before(retention.prompts)])),
    otherPrompts: before(PROMPT_RETENTION),
  };
}
