import { evaluateCountSpike } from './evaluate-count-spike.ts';
import { evaluateSli, type SliQuestion } from './evaluate-sli.ts';
import type { Finding } from './trigger.ts';

/** An SLI, or a slice of it, as its comparator asks. */
export function judgeSli(question: SliQuestion): Finding {
  return (question.comparator.spike === undefined ? evaluateSli : evaluateCountSpike)(question);
}
