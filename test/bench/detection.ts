import { serviceFile } from '../../src/catalogue/service-file.ts';
import { MINUTE } from '../../src/time.ts';
import { evaluateSli } from '../../src/triggers/evaluate-sli.ts';
import type { Check } from '../../src/triggers/evidence.ts';
import { triggerRule } from '../../src/triggers/schema.ts';
import type { Finding, VerdictState } from '../../src/triggers/trigger.ts';
import { binomialDraws } from './chance.ts';

/** What is watched: checks of so many samples, healthy at `rate`, against a trailing baseline of so many checks. */
export interface Stream {
  readonly samples: number;
  readonly rate: number;
  readonly baselineChecks: number;
}

/** As long as the sequential test looks back. */
export const CHECKS = 30;
/** Before a drop so many checks of the window are healthy; the rest of it follows. */
export const HEALTHY_BEFORE = 20;

const LIMIT = 0.05;
const SLI = 'task_completion_rate';
const START = Date.UTC(2026, 10, 21);
const rule = triggerRule.parse({
  title: 'Eval score drop',
  source: '§D1',
  kind: 'model_behavior',
  slis: { [SLI]: { drop: '5pp' } },
  severity: [{ is: 'SEV2' }],
});
const comparator = rule.slis[SLI] ?? { drop: LIMIT };
const service = serviceFile.parse({ service: 'bench', tier: 1, owners: { team: 'bench' } });

const finding: Finding = { key: '', trigger: '', state: 'healthy', reason: '', severity: 'SEV2' };

/** What the rule says of the newest of these checks: `evaluateSli` as it runs in operation. */
export function verdict(
  checks: readonly Check[],
  good: number,
  weight: number,
  stream: Stream,
  wasFiring = false,
): VerdictState {
  const before = { measurements: stream.baselineChecks, weighted: good, weight };
  const newest = checks.at(-1);
  return evaluateSli({
    name: 'eval_score_drop',
    rule,
    service,
    sli: SLI,
    comparator,
    known: { checks, before },
    now: newest?.at ?? new Date(START),
    before: wasFiring ? { ...finding, state: 'firing' } : undefined,
  }).state;
}

/** Draws a baseline and 30 checks; from `HEALTHY_BEFORE` on they are worse by `drop`, where there is one. */
export function drawChecks(stream: Stream, random: () => number, drop = 0) {
  const { samples, rate, baselineChecks } = stream;
  const healthy = binomialDraws(samples, rate, random);
  const degraded = binomialDraws(samples, rate - drop, random);
  return () => {
    let good = 0;
    for (let each = 0; each < baselineChecks; each++) good += healthy();
    const drawn = Array.from({ length: CHECKS }, (_, index) =>
      drop > 0 && index >= HEALTHY_BEFORE ? degraded() : healthy(),
    );
    return { checks: checksOf(drawn, samples), good, weight: baselineChecks * samples };
  };
}

/** Checks of so many samples each, by how many of them were good. */
function checksOf(good: readonly number[], samples: number): readonly Check[] {
  return good.map((each, index) => ({
    at: new Date(START + index * 15 * MINUTE),
    value: each / samples,
    samples,
    inIncident: false,
  }));
}

/** At which check after the change something was first said; 1 is the first one, 0 or less was before it. */
export interface Outcome {
  /** By the fixed rule: more than 5 points below the baseline, whatever the sample. */
  readonly fixed: number | undefined;
  readonly proposed: number | undefined;
  readonly declared: number | undefined;
  /** Checks that crossed the limit and were evaluated, and those of them that were neither suspected nor firing. */
  readonly crossings: number;
  readonly missedCrossings: number;
}

/**
 * Plays 30 checks, each evaluated when it was the newest, up to the first declaration. What is said before the change
 * counts only as a declaration. A check that is not near its limit begins nothing, so it is not evaluated.
 */
export function playChecks(
  drawn: ReturnType<ReturnType<typeof drawChecks>>,
  stream: Stream,
  change = 0,
): Outcome {
  const { checks, weight } = drawn;
  let { good } = drawn;
  let seen = weight;
  let [fixed, proposed, declared]: (number | undefined)[] = [];
  let [crossings, missedCrossings] = [0, 0];
  for (const [index, { value }] of checks.entries()) {
    const distance = good / seen - value;
    good += value * stream.samples;
    seen += stream.samples;
    if (distance < LIMIT - 0.005) continue;
    const crosses = Math.round((distance - LIMIT) * 1e9) > 0;
    const after = index - change + 1;
    if (crosses && after > 0) fixed ??= after;
    if (declared !== undefined) continue;
    if (crosses) crossings += 1;
    const state = verdict(checks.slice(0, index + 1), drawn.good, weight, stream);
    if (state === 'firing') declared = after;
    if (state === 'firing' || state === 'suspected') {
      if (after > 0) proposed ??= after;
    } else if (crosses) missedCrossings += 1;
  }
  return { fixed, proposed, declared, crossings, missedCrossings };
}

/** What became of a finding that fired: whether it cleared while nothing was better, and when it did once all was. */
export interface RecoveryOutcome {
  readonly flapped: boolean;
  /** 1 is the first check after the recovery. */
  readonly clearedAfter: number | undefined;
}

/**
 * Plays a drop until it fires, then 30 more checks of it; and beside those six more of it and then 30 that are healthy.
 * Undefined: it did not fire in 30 checks.
 */
export function playRecovery(
  stream: Stream,
  drop: number,
  random: () => number,
): () => RecoveryOutcome | undefined {
  const { samples, rate, baselineChecks } = stream;
  const healthy = binomialDraws(samples, rate, random);
  const degraded = binomialDraws(samples, rate - drop, random);
  const some = (draw: () => number, count: number): number[] => Array.from({ length: count }, draw);
  return () => {
    const good = some(healthy, baselineChecks).reduce((sum, each) => sum + each, 0);
    const stateOf = (draws: readonly number[], wasFiring: boolean): VerdictState =>
      verdict(checksOf(draws, samples).slice(-CHECKS), good, baselineChecks * samples, stream, wasFiring);
    const bad = some(degraded, CHECKS);
    const firedAt = bad.findIndex((_each, at) => stateOf(bad.slice(0, at + 1), false) === 'firing');
    if (firedAt === -1) return undefined;
    const fired = bad.slice(0, firedAt + 1);
    const clearsAt = (before: readonly number[], next: readonly number[]): number =>
      next.findIndex((_each, at) => stateOf([...before, ...next.slice(0, at + 1)], true) !== 'firing');
    const clearedAt = clearsAt([...fired, ...some(degraded, 6)], some(healthy, CHECKS));
    return {
      flapped: clearsAt(fired, some(degraded, CHECKS)) !== -1,
      clearedAfter: clearedAt === -1 ? undefined : clearedAt + 1,
    };
  };
}
