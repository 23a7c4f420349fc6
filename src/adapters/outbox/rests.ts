import type { Pool } from './ports.ts';

/** A pool whose jobs yield: each makes the next claim wait, `rest` milliseconds where deliveries take half of the time. */
export interface RestingPool extends Pool {
  readonly rest?: number;
}

const HALF = 0.5;
/** A rest has an end, however many deliveries there are. */
const LONGEST = 8;
/** What waited for longer than this, in seconds, rests as for that half at most. Self-watch calls 30 s late. */
const LATE = 10;

/**
 * Who rests until when. Pools rest the longer the less of the time was free of deliveries (by its square), unless that
 * makes them late.
 *
 * @param busy in how much of the time since it was asked last a delivery over HTTP was being handled, from 0 to 1.
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
        const longer = Math.min(isLate ? 1 : LONGEST, (HALF / (1 - busy())) ** 2);
        const rest = pool.rest * theirs.length * longer;
        until.set(pool, performance.now() + rest);
        return [rest];
      });
    },
  };
}
