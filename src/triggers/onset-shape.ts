import type { Tally } from './sequential.ts';

/** Whether it became worse at once or little by little; `unknown` where the checks can't tell. */
export type OnsetShape = 'sudden' | 'gradual' | 'unknown';

/** With fewer checks since the onset a step and a slope look the same. */
const CHECKS_NEEDED = 4;
/** How much likelier one shape must be than the other, as a logarithm: about 7 to 1. */
const CLEARLY = 2;
/** A change in the middle of a check's window shows half of it in that check. */
const SUDDEN_WITHIN = 2;
const GRADUAL_FROM = 4;
const NONE: Tally = { bad: 0, samples: 0 };

/**
 * Names the shape of what began at check `from`: the likelihood of a change within two checks against that of one that
 * took four or more, each at its best moment, length and size. What people make of it outranks it.
 *
 * @param checks oldest first, some from before the onset among them.
 * @param normal the share of bad answers before.
 */
export function onsetShape(checks: readonly Tally[], from: number, normal: number): OnsetShape {
  const { length } = checks;
  if (length - from < CHECKS_NEEDED) return 'unknown';
  const before = likelihoodBefore(checks, normal);
  let sudden = Number.NEGATIVE_INFINITY;
  let gradual = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < length; start++) {
    const unchanged = before[start] ?? 0;
    for (let took = 1; took <= SUDDEN_WITHIN; took++)
      sudden = Math.max(sudden, likelihood(checks, start, took, normal, unchanged));
    for (let took = GRADUAL_FROM; took <= length - start; took++)
      gradual = Math.max(gradual, likelihood(checks, start, took, normal, unchanged));
  }
  if (sudden - gradual >= CLEARLY) return 'sudden';
  return gradual - sudden >= CLEARLY ? 'gradual' : 'unknown';
}

/** Log-likelihoods of nothing having changed before each check. */
function likelihoodBefore(checks: readonly Tally[], normal: number): readonly number[] {
  const sums = [0];
  for (const check of checks) sums.push((sums.at(-1) ?? 0) + likelihoodOf(check, normal));
  return sums;
}

/** Log-likelihood of a change that begins at `start`, takes so many checks and then stays, at its likeliest size. */
function likelihood(
  checks: readonly Tally[],
  start: number,
  took: number,
  normal: number,
  unchanged: number,
): number {
  let along = 0;
  let weight = 0;
  for (let index = start; index < checks.length; index++) {
    const { bad, samples } = checks[index] ?? NONE;
    const share = Math.min(1, (index - start + 1) / took);
    along += share * (bad - normal * samples);
    weight += share ** 2 * samples;
  }
  const size = weight === 0 ? 0 : along / weight;
  if (size <= 0) return Number.NEGATIVE_INFINITY;
  let sum = unchanged;
  for (let index = start; index < checks.length; index++)
    sum += likelihoodOf(checks[index] ?? NONE, normal + size * Math.min(1, (index - start + 1) / took));
  return sum;
}

function likelihoodOf({ bad, samples }: Tally, share: number): number {
  const rate = Math.min(1 - 1e-6, Math.max(1e-6, share));
  return bad * Math.log(rate) + (samples - bad) * Math.log(1 - rate);
}
