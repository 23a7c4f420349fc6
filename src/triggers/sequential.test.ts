import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONFIRMING_EVIDENCE, type Normal, strongestShift, type Tally } from './sequential.ts';

const of = (bad: number, samples = 100): Tally => ({ bad, samples });
const pinned = (rate: number) => (): Normal => ({ rate, samples: Infinity });

describe('the strongest shift', () => {
  it('finds the check since when answers are worse, and where that may be as well', () => {
    const shift = strongestShift([of(5), of(4), of(6), of(18), of(20), of(17)], pinned(0.05), 0.05);
    expect(shift).toMatchObject({ from: 3, between: [3, 3], tally: { bad: 55, samples: 300 } });
    expect(shift?.evidence).toBeGreaterThan(CONFIRMING_EVIDENCE);
  });

  it('is unsure of the moment where the change is small', () => {
    expect(strongestShift([of(5), of(9), of(11), of(12), of(14)], pinned(0.05), 0.05)).toMatchObject({
      from: 1,
      between: [1, 2],
    });
  });

  it('is none where nothing is worse by more than the margin', () => {
    expect(strongestShift([of(10), of(10)], pinned(0.05), 0.05)).toBeUndefined();
    expect(strongestShift([of(0), of(0)], pinned(0.05), 0)).toBeUndefined();
    expect(strongestShift([], pinned(0.05), 0)).toBeUndefined();
    expect(strongestShift([of(0, 0)], pinned(0.05), 0)).toBeUndefined();
  });

  it('is sure at once of what must never happen', () => {
    expect(strongestShift([of(1)], pinned(0), 0)?.evidence).toBe(Infinity);
  });

  it('believes a baseline of few samples less than a known one', () => {
    const checks = [of(15)];
    const known = strongestShift(checks, pinned(0.05), 0.05)?.evidence ?? 0;
    const young = strongestShift(checks, () => ({ rate: 0.05, samples: 100 }), 0.05)?.evidence ?? 0;
    const old = strongestShift(checks, () => ({ rate: 0.05, samples: 1e6 }), 0.05)?.evidence ?? 0;
    expect(young).toBeLessThan(known / 1.5);
    expect(old).toBeCloseTo(known, 1);
  });

  it('grows with every further sample of the same share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 11, max: 90 }), (checks, bad) => {
        const many = (n: number) => strongestShift(Array(n).fill(of(bad)), pinned(0.05), 0.05)?.evidence ?? 0;
        expect(many(checks + 1)).toBeGreaterThan(many(checks));
      }),
    );
  });
});
