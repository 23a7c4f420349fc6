import { describe, expect, it } from 'vitest';
import type { Measurement } from '../signals/signal.ts';
import { createManualClock, MINUTE } from '../time.ts';
import { runOf } from './sustained.ts';

const NOW = createManualClock(new Date('2026-11-21T10:00:00Z')).now();
const at = (minutesAgo: number, value: number, windowSeconds?: number): Measurement => ({
  type: 'measurement',
  id: `m${minutesAgo}`,
  source: 'test',
  service: 'a',
  sli: 'latency_p95',
  labels: {},
  at: new Date(NOW.getTime() - minutesAgo * MINUTE),
  value,
  ...(windowSeconds === undefined ? {} : { windowSeconds }),
});
const bad = (m: Measurement): boolean => m.value > 1;
const minutes = (history: readonly Measurement[]): number | undefined => {
  const run = runOf(history, bad, 10 * MINUTE, NOW);
  return run === undefined ? undefined : run.lasted / MINUTE;
};

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

  it('is none when the newest measurement is healthy, old, or missing', () => {
    expect(minutes([at(4, 2), at(2, 2), at(0, 1)])).toBeUndefined();
    expect(minutes([at(20, 2), at(18, 2), at(16, 2)])).toBeUndefined();
    expect(minutes([])).toBeUndefined();
  });

  it('knows nothing of the future', () => {
    expect(minutes([at(2, 2), at(0, 2), at(-1, 1)])).toBe(2);
  });
});
