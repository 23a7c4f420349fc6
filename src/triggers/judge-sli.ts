import { evaluateCountSpike } from './evaluate-count-spike.ts';
import { evaluateSli } from './evaluate-sli.ts';
import type { SliQuestion } from './sli-question.ts';
import type { Finding } from './trigger.ts';

/** An SLI, or a slice of it, as its comparator asks. */
export function judgeSli(question: SliQuestion): Finding {
  return (question.comparator.spike === undefined ? evaluateSli : evaluateCountSpike)(question);
}
