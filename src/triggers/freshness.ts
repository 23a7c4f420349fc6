import type { SignalSettings } from '../signals/schema.ts';
import { HOUR, SECOND } from '../time.ts';
import type { Check } from './evidence.ts';

/** What others send when they please is old after this. */
export const STALE_AFTER = 2 * HOUR;
/** So many windows, or polls, may be missed. */
export const MISSED = 3;

/**
 * Until when what was measured says something of now: two hours, for what aire polls itself three times `every`, and
 * never less than three of its own windows. Afterwards there is no data.
 *
 * @param every how often aire polls it, in milliseconds.
 */
export function freshUntil(
  { at, windowSeconds = 0 }: Pick<Check, 'at' | 'windowSeconds'>,
  every?: number,
): Date {
  const usual = every === undefined ? STALE_AFTER : MISSED * every;
  return new Date(at.getTime() + Math.max(usual, MISSED * windowSeconds * SECOND));
}

/** How often aire polls an SLI, in milliseconds; undefined where others send it. */
export function polledEvery(
  sli: string,
  { sources }: Partial<Pick<SignalSettings, 'sources'>>,
): number | undefined {
  const polled = sources?.prometheus;
  return polled?.queries[sli] === undefined ? undefined : polled.every;
}
