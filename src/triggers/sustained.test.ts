import { describe, expect, it } from 'vitest';
import { createManualClock, MINUTE } from '../time.ts';
import { type Check, inOrder } from './evidence.ts';
import { extendRun, type Run } from './sustained.ts';

const NOW = createManualClock(new Date('2026-11-21T10:00:00Z')).now();
const at = (minutesAgo: number, value: number, windowSeconds?: number): Check => ({
  at: new Date(NOW.getTime() - minutesAgo * MINUTE),
  value,
  ...(windowSeconds === undefined ? {} : { windowSeconds }),
  inIncident: false,
});

/** How long values above 1 have lasted at the newest check, in minutes. */
function minutes(history: readonly Check[]): number | undefined {
  const checks = inOrder(history);
  let run: Run | undefined;
  for (const [index, check] of checks.entries())
    run = check.value > 1 ? extendRun(run, checks[index - 1], check, index, 10 * MINUTE) : undefined;
  return run === undefined ? undefined : run.lasted / MINUTE;
}

describe('a run of evidence', () => {
  it('lasts from the first to the newest breaching measurement', () => {
    expect(minutes([at(10, 2), at(8, 2), at(6, 2), at(4, 2), at(2, 2), at(0, 2)])).toBe(10);
  });

  it('is the same in any order', () => {
    expect(minutes([at(4, 2), at(0, 2), at(8, 2), at(2, 2), at(10, 2), at(6, 2)])).toBe(10);
  });

  it('is ended by one healthy measurement', () => {
    expect(minutes([at(10, 2), at(8, 2), at(6, 1), at(4, 2), at(2, 2), at(0, 2)])).toBe(4);
  });

  it('survives one missed sample, and not a hole longer than a third of the window', () => {
    expect(minutes([at(9, 2), at(8, 2), at(7, 2), at(5, 2), at(4, 2), at(2, 2), at(1, 2), at(0, 2)])).toBe(9);
    expect(minutes([at(9, 2), at(8, 2), at(4, 2), at(2, 2), at(0, 2)])).toBe(4);
  });

  it('counts the time a measurement speaks for, so that samples every five minutes can sustain ten', () => {
    expect(minutes([at(10, 2, 300), at(5, 2, 300), at(0, 2, 300)])).toBe(15);
    expect(minutes([at(10, 2), at(5, 2), at(0, 2)])).toBe(0);
  });

  it('is none when the newest measurement is healthy or missing', () => {
    expect(minutes([at(4, 2), at(2, 2), at(0, 1)])).toBeUndefined();
    expect(minutes([])).toBeUndefined();
  });
});
