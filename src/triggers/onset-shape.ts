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
  const fitted = fitOf(checks, normal);
  let sudden = Number.NEGATIVE_INFINITY;
  let gradual = Number.NEGATIVE_INFINITY;
  // The latest start first: the likeliest are short, and rule most of the others out.
  for (let start = length - 1; start >= 0; start--) {
    for (let took = 1; took <= SUDDEN_WITHIN; took++)
      sudden = Math.max(sudden, likelihood(fitted, start, took, sudden));
    for (let took = GRADUAL_FROM; took <= length - start; took++)
      gradual = Math.max(gradual, likelihood(fitted, start, took, gradual));
  }
  if (sudden - gradual >= CLEARLY) return 'sudden';
  return gradual - sudden >= CLEARLY ? 'gradual' : 'unknown';
}

/** What all likelihoods of these checks have in common. */
interface Fit {
  readonly checks: readonly Tally[];
  readonly normal: number;
  /** By index: log-likelihood of the checks before it if nothing changed, and the most that any rates give them. */
  readonly unchanged: readonly number[];
  readonly ceiling: readonly number[];
  /** By index: the answers from this check on. */
  readonly rest: readonly Tally[];
}

function fitOf(checks: readonly Tally[], normal: number): Fit {
  const unchanged = [0];
  const ceiling = [0];
  const rest: Tally[] = [];
  let [least, most, bad, samples] = [0, 0, 0, 0];
  for (const check of checks) {
    least += logLikelihood(check, normal);
    most += logLikelihood(check, check.samples === 0 ? 0 : check.bad / check.samples);
    unchanged.push(least);
    ceiling.push(most);
  }
  for (const check of checks.toReversed()) {
    bad += check.bad;
    samples += check.samples;
    rest.unshift({ bad, samples });
  }
  return { checks, normal, unchanged, ceiling, rest };
}

/**
 * Log-likelihood of a change that begins at `start`, takes so many checks and then stays, at its likeliest size. What
 * can't exceed `best` any more is not finished.
 */
function likelihood(
  { checks, normal, unchanged, ceiling, rest }: Fit,
  start: number,
  took: number,
  best: number,
): number {
  const changed = start + took - 1;
  const after = rest[changed] ?? { bad: 0, samples: 0 };
  let along = after.bad - normal * after.samples;
  let weight = after.samples;
  for (let index = start; index < changed; index++) {
    const { bad, samples } = checks[index] ?? after;
    const share = (index - start + 1) / took;
    along += share * (bad - normal * samples);
    weight += share ** 2 * samples;
  }
  const size = weight === 0 ? 0 : along / weight;
  if (size <= 0) return Number.NEGATIVE_INFINITY;
  let sum = (unchanged[start] ?? 0) + logLikelihood(after, normal + size);
  for (let index = changed - 1; index >= start; index--) {
    if (sum + (ceiling[index + 1] ?? 0) - (ceiling[start] ?? 0) < best) return Number.NEGATIVE_INFINITY;
    sum += logLikelihood(checks[index] ?? after, normal + (size * (index - start + 1)) / took);
  }
  return sum;
}

function logLikelihood({ bad, samples }: Tally, rate: number): number {
  const possible = Math.min(1 - 1e-6, Math.max(1e-6, rate));
  return bad * Math.log(possible) + (samples - bad) * Math.log(1 - possible);
}
