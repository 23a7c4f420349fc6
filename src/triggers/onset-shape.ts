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
  let sudden = Number.NEGATIVE_INFINITY;
  let gradual = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < length; start++) {
    for (let took = 1; took <= SUDDEN_WITHIN; took++)
      sudden = Math.max(sudden, likelihood(checks, start, took, normal));
    for (let took = GRADUAL_FROM; took <= length - start; took++)
      gradual = Math.max(gradual, likelihood(checks, start, took, normal));
  }
  if (sudden - gradual >= CLEARLY) return 'sudden';
  return gradual - sudden >= CLEARLY ? 'gradual' : 'unknown';
}

/** Log-likelihood of a change that begins at `start`, takes so many checks and then stays, at its likeliest size. */
function likelihood(checks: readonly Tally[], start: number, took: number, normal: number): number {
  const share = (index: number): number => Math.min(1, Math.max(0, (index - start + 1) / took));
  let along = 0;
  let weight = 0;
  for (const [index, { bad, samples }] of checks.entries()) {
    along += share(index) * (bad - normal * samples);
    weight += share(index) ** 2 * samples;
  }
  const size = weight === 0 ? 0 : along / weight;
  if (size <= 0) return Number.NEGATIVE_INFINITY;
  return checks.reduce((sum, { bad, samples }, index) => {
    const rate = Math.min(1 - 1e-6, Math.max(1e-6, normal + size * share(index)));
    return sum + bad * Math.log(rate) + (samples - bad) * Math.log(1 - rate);
  }, 0);
}
