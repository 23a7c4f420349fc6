/** Streams that a burn rule is held against, for its tests and its benchmark. Not part of the build. */
import { DAY, HOUR, MINUTE } from '../time.ts';
import { budgetOf, burnOf } from './burn-rate.ts';
import type { Sums } from './evidence.ts';
import { type BurnRule, triggerRule } from './schema.ts';

const shipped = triggerRule.parse({
  title: 'SLO burn',
  source: '§D8',
  kind: 'unknown',
  burn_rate: {},
  severity: [{ is: 'SEV4' }],
}).burn_rate;
if (shipped === undefined) throw new Error('the documented windows are the default');
/** The windows of reference §D8. */
export const documented: BurnRule = shipped;
/** What the streams are held against. */
export const SLO = { at_least: 0.999 };

/** Answers at moments in order, and how many of them up to each were good. */
interface Stream {
  readonly at: readonly number[];
  readonly good: readonly number[];
  readonly total: readonly number[];
}

/** Looks at a stream at each of its measurements; every `sums` slides along with it. */
function* looks({ at, good, total }: Stream, rule: BurnRule) {
  const lengths = [...new Set(rule.windows.flatMap(({ over, and }) => [over, and]))];
  const starts = lengths.map(() => -1);
  for (const [index, now] of at.entries()) {
    const sums = lengths.map((length, which): [number, Sums] => {
      let from = starts[which] ?? -1;
      while ((at[from + 1] ?? now) <= now - length) from++;
      starts[which] = from;
      return [
        length,
        {
          weighted: (good[index] ?? 0) - (good[from] ?? 0),
          weight: (total[index] ?? 0) - (total[from] ?? 0),
        },
      ];
    });
    yield { now, sums: new Map(sums) };
  }
}

const fires = (rule: BurnRule, sums: ReadonlyMap<number, Sums>): boolean =>
  rule.windows.some((pair) => burnOf(rule, pair, SLO, { windows: sums }, false).fires);

function streamOf(counts: readonly (readonly [at: number, good: number, total: number])[]): Stream {
  const sumUpTo = (of: 1 | 2): number[] => {
    let sum = 0;
    return counts.map((each) => {
      sum += each[of];
      return sum;
    });
  };
  return { at: counts.map(([at]) => at), good: sumUpTo(1), total: sumUpTo(2) };
}

/** After how many milliseconds a steady burn that begins after three healthy days is found, and after how many it should be. */
export function delayOf(burn: number): { readonly found: number | undefined; readonly expected: number } {
  const perMinute = 10_000;
  const bad = burn * budgetOf(SLO) * perMinute;
  const counts = Array.from({ length: 2 * 3 * 24 * 60 + 2 }, (_, minute) => {
    const begun = minute > 3 * 24 * 60;
    return [minute * MINUTE, perMinute - (begun ? bad : 0), perMinute] as const;
  });
  const expected = Math.min(
    ...documented.windows.flatMap(({ factor, over }) => (factor <= burn ? [(factor * over) / burn] : [])),
  );
  for (const { now, sums } of looks(streamOf(counts), documented))
    if (fires(documented, sums)) return { found: now - 3 * DAY, expected };
  return { found: undefined, expected };
}

/** 24 requests a day at any time of it, one of which fails: 4 % bad, 42 times what the SLO allows. */
function quietDays(days: number): Stream {
  let state = 11;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return streamOf(
    Array.from({ length: days }, (_, day) => {
      const failed = Math.floor(random() * 24);
      return Array.from({ length: 24 }, (_, n) => {
        const at = day * DAY + n * HOUR + Math.floor(random() * HOUR);
        return [at, n === failed ? 0 : 1, 1] as const;
      });
    }).flat(),
  );
}

/** At how many requests of so many quiet days a rule fires. */
export function firesOnQuietDays(rule: BurnRule, days: number): number {
  let count = 0;
  for (const { sums } of looks(quietDays(days), rule)) if (fires(rule, sums)) count++;
  return count;
}
