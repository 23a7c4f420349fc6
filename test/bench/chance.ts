/** Numbers in [0, 1) from a seed (mulberry32): the same seed, the same run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The probabilities of 0…n successes of n at `rate`. */
export function binomial(n: number, rate: number): readonly number[] {
  const logs = [0];
  for (let k = 1; k <= n; k++) logs.push((logs[k - 1] ?? 0) + Math.log(k));
  const log = (k: number): number => logs[k] ?? 0;
  return Array.from({ length: n + 1 }, (_, k) =>
    Math.exp(log(n) - log(k) - log(n - k) + k * Math.log(rate) + (n - k) * Math.log(1 - rate)),
  );
}

/** Draws of how many of n succeed at `rate`. */
export function binomialDraws(n: number, rate: number, random: () => number): () => number {
  let sum = 0;
  const cumulated = binomial(n, rate).map((probability) => {
    sum += probability;
    return sum;
  });
  return () => {
    const drawn = random() * sum;
    const found = cumulated.findIndex((upTo) => drawn < upTo);
    return found < 0 ? n : found;
  };
}

/** A share that was counted, with its 95 % interval by Wilson. */
export interface Share {
  readonly share: number;
  readonly low: number;
  readonly high: number;
  readonly trials: number;
}

export function wilson(hits: number, trials: number): Share {
  const z = 1.96;
  const share = hits / trials;
  const middle = (share + z ** 2 / (2 * trials)) / (1 + z ** 2 / trials);
  const half =
    (z / (1 + z ** 2 / trials)) * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half), trials };
}

/** `0.61 % (0.51–0.73)` */
export function percent({ share, low, high }: Share, digits = 2): string {
  const shown = (value: number): string => (100 * value).toFixed(digits);
  return `${shown(share)} % (${shown(low)}–${shown(high)})`;
}

/**
 * How often the best of all tests finds that `samples` answers are bad at `bad` and not at `normal`, when it may err so
 * often: the likelihood-ratio test, exact and randomised at the edge (Neyman–Pearson).
 */
export function bestPower(samples: number, normal: number, bad: number, falseRate: number): number {
  const [healthy, degraded] = [binomial(samples, normal), binomial(samples, bad)];
  let [spent, power] = [0, 0];
  for (let k = samples; k >= 0; k--) {
    const [cost, gain] = [healthy[k] ?? 0, degraded[k] ?? 0];
    if (spent + cost > falseRate) return power + (gain * (falseRate - spent)) / cost;
    spent += cost;
    power += gain;
  }
  return 1;
}
