import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliDefinition } from '../services/slis.ts';
import { MINUTE } from '../time.ts';
import { NO_SUMS } from './baseline.ts';
import { type Check, inOrder } from './evidence.ts';
import type { Comparator } from './schema.ts';
import type { SliRule } from './sli-rule.ts';
import { type Standing, standingOf } from './standing.ts';

const START = Date.UTC(2026, 10, 21);
const SLI = 'task_completion_rate';
const check = (minute: number, value: number, samples: number | undefined = 50): Check => ({
  at: new Date(START + minute * 10 * MINUTE),
  value,
  ...(samples === undefined ? {} : { samples }),
  inIncident: false,
});
/** A week of 95 %. */
const before = { measurements: 200, weighted: 0.95 * 10_000, weight: 10_000 };

function rule(over: Partial<SliRule> = {}, comparator: Comparator = { drop: 0.05 }): SliRule {
  return {
    sli: SLI,
    definition: sliDefinition(SLI),
    comparator,
    slo: undefined,
    minSamples: 30,
    settings: { baseline: { pinned: {} }, confirm: 'sequential' },
    ...over,
  };
}

function standing(values: readonly number[], over: Partial<SliRule> = {}, samples?: number): Standing {
  const checks = values.map((value, minute) => check(minute, value, samples ?? 50));
  const found = standingOf(rule(over), { checks, before }, false);
  if (found === undefined || typeof found === 'string') throw new Error(String(found));
  return found;
}

describe('a crossing on a small sample', () => {
  it('is suspected, and confirmed by the checks that follow', () => {
    expect(standing([0.95, 0.88])).toMatchObject({ firing: undefined, isUnconfirmed: true });
    const confirmed = standing([0.95, 0.88, 0.88, 0.86, 0.86]);
    expect(confirmed.firing).toMatchObject({ onset: new Date(START + 10 * MINUTE) });
    expect(confirmed.firing?.shift?.tally.samples).toBe(200);
    expect(confirmed.isUnconfirmed).toBe(false);
  });

  it('is conclusive at once when it is large enough', () => {
    expect(standing([0.95, 0.7]).firing).toMatchObject({ onset: new Date(START + 10 * MINUTE) });
    expect(standing([0.95, 0.86], {}, 400).firing).toBeDefined();
  });

  it('counts as it stands with `confirm: exact`, and without a sample size', () => {
    const exact = { settings: { baseline: { pinned: {} }, confirm: 'exact' as const } };
    expect(standing([0.95, 0.88], exact).firing).toBeDefined();
    const checks = [
      check(0, 0.95, undefined),
      { at: new Date(START + MINUTE), value: 0.88, inIncident: false },
    ];
    expect(standingOf(rule(), { checks, before }, false)).toMatchObject({ firing: {} });
  });

  it('does not fire on a sample below the minimum, not even a terrible one', () => {
    expect(standing([0.2], {}, 29)).toMatchObject({ firing: undefined, isUnconfirmed: true });
    expect(standing([0.2, 0.2], {}, 29).firing).toBeDefined();
  });
});

describe('what fires', () => {
  const bad = [0.95, 0.7, 0.7];
  it('clears when half the limit is regained in three checks in a row, and needs new evidence after that', () => {
    expect(standing([...bad, 0.92, 0.92, 0.92, 0.92]).firing).toBeDefined();
    expect(standing([...bad, 0.93])).toMatchObject({ firing: {}, wellFor: 1 });
    expect(standing([...bad, 0.93, 0.93])).toMatchObject({ firing: {}, wellFor: 2 });
    expect(standing([...bad, 0.93, 0.93, 0.92, 0.93, 0.93])).toMatchObject({ firing: {}, wellFor: 2 });
    const cleared = standing([...bad, 0.93, 0.93, 0.93]);
    expect(cleared.firing).toBeUndefined();
    expect(cleared).not.toHaveProperty('wellFor');
    expect(standing([...bad, 0.93, 0.93, 0.93, 0.89])).toMatchObject({
      firing: undefined,
      isUnconfirmed: true,
    });
  });

  it('clears by fewer checks where their samples show it: 20 to 1 against being at the limit still', () => {
    expect(standing([...bad, 0.95], {}, 200).firing).toBeUndefined();
    expect(standing([...bad, 0.94], {}, 200)).toMatchObject({ firing: {}, wellFor: 1 });
    expect(standing([...bad, 0.94, 0.94], {}, 200).firing).toBeUndefined();
    expect(standing([...bad, 0.98, 0.98]).firing).toBeUndefined();
  });

  it('clears with one good check where one bad one made it fire: exact, sustained, no rate, no sample size', () => {
    const exact = { settings: { baseline: { pinned: {} }, confirm: 'exact' as const } };
    expect(standing([...bad, 0.93], exact).firing).toBeUndefined();
    const cleared = (comparator: Comparator, samples?: number) => {
      const checks = [0.95, 0.7, 0.7, 0.7, 0.7, 0.93].map((value, minute) => {
        const { samples: _default, ...rest } = check(minute, value);
        return samples === undefined ? rest : { ...rest, samples };
      });
      return standingOf(rule({}, comparator), { checks, before }, false);
    };
    expect(cleared({ drop: 0.05, for: 30 * MINUTE }, 50)).toMatchObject({ firing: undefined });
    expect(cleared({ drop: 0.05 })).toMatchObject({ firing: undefined });
    expect(cleared({ drop: 0.05 }, 50)).toMatchObject({ firing: {}, wellFor: 1 });
  });

  it('hardly flaps while it is 10 points below its baseline (seeded), as it would with one good check (control)', () => {
    let state = 1;
    const isGood = (): boolean => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32 < 0.85;
    };
    const drawn = (): number => Array.from({ length: 50 }, isGood).filter((good) => good).length / 50;
    const flaps = (over: Partial<SliRule>) => {
      let runs = 0;
      for (let trial = 0; trial < 200; trial++) {
        const values = [0.7, 0.7, ...Array.from({ length: 30 }, drawn)];
        if (values.some((_, at) => at > 0 && standing(values.slice(0, at + 1), over).firing === undefined))
          runs += 1;
      }
      return runs / 200;
    };
    expect(flaps({})).toBeLessThan(0.05);
    expect(flaps({ settings: { baseline: { pinned: {} }, confirm: 'exact' } })).toBeGreaterThan(0.6);
  });

  it('is held against what was normal before it began, however long it lasts', () => {
    expect(standing([0.95, ...Array(25).fill(0.7)]).baseline.value).toBeCloseTo(0.95, 3);
  });

  it('fires still when all that is known is bad, since it did before', () => {
    const checks = [check(0, 0.92)];
    expect(standingOf(rule(), { checks, before }, true)).toMatchObject({ firing: {} });
    expect(standingOf(rule(), { checks, before }, false)).toMatchObject({ firing: undefined });
  });
});

describe('what is normal', () => {
  it('learns from healthy checks, not from those within incidents', () => {
    const checks = [...Array(11).keys()].map((minute) => check(minute, 0.9));
    const after = [...checks, { ...check(11, 0.2), inIncident: true }, check(12, 0.9), check(13, 0.9)];
    const found = standingOf(rule(), { checks: after, before: NO_SUMS }, false);
    expect(found).toMatchObject({ baseline: { value: 0.9, samples: 600 } });
  });
});

describe('any history', () => {
  const history = fc.array(
    fc.record({
      minute: fc.integer({ min: 0, max: 29 }),
      value: fc.integer({ min: 60, max: 100 }).map((percent) => percent / 100),
      samples: fc.constantFrom(20, 50, 200),
    }),
    { maxLength: 30 },
  );
  const comparators: Comparator[] = [
    { drop: 0.05 },
    { below: 0.9 },
    { drop: 0.05, for: 30 * MINUTE },
    { ratio: 1.1 },
  ];

  it('gives the same verdict in any order and with any repeats', () => {
    fc.assert(
      fc.property(
        history.chain((checks) =>
          fc.tuple(
            fc.constant(checks),
            fc.shuffledSubarray([...checks, ...checks], { minLength: checks.length * 2 }),
          ),
        ),
        fc.constantFrom(...comparators),
        ([inTime, shuffled], comparator) => {
          const verdict = (checks: readonly { minute: number; value: number; samples: number }[]) =>
            standingOf(
              rule({}, comparator),
              { checks: inOrder(checks.map((each) => check(each.minute, each.value, each.samples))), before },
              false,
            );
          const sorted = [...inTime].sort((a, b) => a.minute - b.minute);
          expect(verdict(shuffled)).toEqual(verdict(sorted));
        },
      ),
    );
  });

  it('has the same value to the last digit where checks of one moment are one', () => {
    const same = [0.93, 0.85, 0.91].map((value) => check(0, value, 20));
    expect(inOrder([...same].reverse())).toEqual(inOrder(same));
  });

  it('would not without being put in order (control)', () => {
    const checks = [check(0, 0.7), check(1, 0.7), check(2, 1)];
    const firing = (of: readonly Check[]) => {
      const found = standingOf(rule(), { checks: of, before }, false);
      return typeof found === 'object' && found.firing !== undefined;
    };
    expect(firing(inOrder([...checks].reverse()))).toBe(false);
    expect(firing([...checks].reverse())).toBe(true);
  });
});

describe('what began', () => {
  it('may lie anywhere up to the end of the first check that is bad', () => {
    const checks = [check(0, 0.95), { ...check(1, 0.7), windowSeconds: 600 }];
    const found = standingOf(rule(), { checks, before }, false);
    expect(found).toMatchObject({
      firing: { onsetBetween: [new Date(START), new Date(START + 10 * MINUTE)], shape: 'unknown' },
    });
  });

  it('is named sudden or gradual as checks come', () => {
    const healthy = Array<number>(8).fill(0.95);
    expect(standing([...healthy, 0.85, 0.85], {}, 400).firing?.shape).toBe('unknown');
    expect(standing([...healthy, 0.85, 0.85, 0.85, 0.85], {}, 400).firing?.shape).toBe('sudden');
    const slope = [0.94, 0.92, 0.9, 0.88, 0.86, 0.84, 0.82, 0.8];
    expect(standing([...healthy, ...slope], {}, 400).firing?.shape).toBe('gradual');
  });

  it('has no shape where no test looked', () => {
    const exact = { settings: { baseline: { pinned: {} }, confirm: 'exact' as const } };
    expect(standing([0.95, 0.8, 0.8, 0.8, 0.8, 0.8], exact, 400).firing?.shape).toBeUndefined();
  });
});

describe('what must be well for a time before it is over', () => {
  const leaks = { sli: 'pii_leak_count', definition: sliDefinition('pii_leak_count'), minSamples: 1 };
  const played = (values: readonly number[], comparator: Comparator = { above: 0, hold: 30 * MINUTE }) => {
    const checks = values.map((value, ten): Check => ({ at: check(ten, 0).at, value, inIncident: false }));
    const found = standingOf(rule(leaks, comparator), { checks, before: NO_SUMS }, false);
    if (found === undefined || typeof found === 'string') throw new Error(String(found));
    return found;
  };

  it('is not over with the next good moment, so that it is seen however late one looks', () => {
    expect(played([0, 1, 0, 0])).toMatchObject({
      firing: { onset: check(1, 0).at },
      heldSince: check(1, 0).at,
    });
    expect(played([0, 1, 0, 0, 0]).firing).toBeUndefined();
    expect(played([0, 1, 0, 2, 0, 0]).firing).toBeDefined();
    expect(played([0, 0, 0])).toMatchObject({ firing: undefined });
  });

  it('would be missed by a look after the next good moment without (control)', () => {
    expect(played([0, 1, 0, 0], { above: 0 }).firing).toBeUndefined();
  });
});
