import type { Pool } from './ports.ts';

/** A pool whose jobs yield to everything else: each makes the next claim wait for `rest` milliseconds. */
export interface RestingPool extends Pool {
  readonly rest?: number;
}

/** As long as this much of its time is idle, a process is not busy. */
const IDLE = 0.3;
/** A rest has an end, however busy the process is. */
const LONGEST = 8;
/** What waited for longer than this, in seconds, rests as if the process were idle. Self-watch calls 30 s late. */
const LATE = 10;

/**
 * Who rests until when. In a process whose hands are full with deliveries pools rest the longer the less of its time was
 * idle (by its square), unless that makes them late.
 *
 * @param busy how much of the time since it was asked last this process was busy, from 0 to 1.
 */
export function createRests(pools: readonly RestingPool[], busy: () => number) {
  const until = new Map<Pool, number>();
  const left = (pool: Pool): number => (until.get(pool) ?? 0) - performance.now();
  return {
    /** Milliseconds until this pool may be claimed from again; 0 or less: now. */
    left,
    /** Notes what was claimed and how late it was; answers with the rests that this began, in milliseconds. */
    begin(claimed: readonly { readonly kind: string; readonly lateSeconds: number }[]): readonly number[] {
      return pools.flatMap((pool) => {
        const theirs = claimed.filter(({ kind }) => pool.kinds.includes(kind));
        if (pool.rest === undefined || theirs.length === 0) return [];
        const isLate = theirs.some(({ lateSeconds }) => lateSeconds > LATE);
        const longer = isLate ? 1 : Math.min(LONGEST, Math.max(1, (IDLE / (1 - busy())) ** 2));
        const rest = pool.rest * theirs.length * longer;
        until.set(pool, performance.now() + rest);
        return [rest];
      });
    },
  };
}

/** How much of the time since it was asked last the event loop was busy. */
export function createBusyMeter(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
