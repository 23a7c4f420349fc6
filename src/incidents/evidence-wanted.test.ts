import { expect, it } from 'vitest';
import { triggerRule } from '../triggers/schema.ts';
import { evidenceWanted } from './evidence-wanted.ts';
import { aService } from './test-builders.ts';

const rule = triggerRule.parse({
  title: 'Rule',
  source: '§D1',
  kind: 'model_behavior',
  slis: {
    task_completion_rate: { drop: '5pp' },
    latency_p95: { ratio: 2 },
    hallucination_rate: { rise: '5pp' },
    error_rate: { above: '1%' },
  },
  severity: [{ is: 'SEV2' }],
});

it('asks for the trailing baseline of exactly those SLIs that are held against one', () => {
  const wanted = evidenceWanted([rule], aService({ baseline: { pinned: { hallucination_rate: 0.02 } } }));
  expect([...wanted.baselines]).toEqual(['task_completion_rate', 'latency_p95']);
});

it('asks for the sums of budgets only where a rule watches them and an SLO on a rate gives one', () => {
  const burning = {
    ...rule,
    burn_rate: {
      dimensions: ['performance' as const],
      windows: [{ factor: 1, over: 60, and: 5 }],
      min_bad: 5,
    },
  };
  const slos = {
    availability: { dimension: 'performance', at_least: '99.9%' },
    latency_p95: { dimension: 'performance', at_most: '2s' },
    refusal_rate: { dimension: 'cognitive_accuracy', at_most: '2%' },
  } as const;
  expect(evidenceWanted([burning], aService({ slos })).burns).toEqual({
    slis: ['availability'],
    windows: [60, 5],
  });
  expect(evidenceWanted([burning], aService())).not.toHaveProperty('burns');
  expect(evidenceWanted([rule], aService({ slos }))).not.toHaveProperty('burns');
});
