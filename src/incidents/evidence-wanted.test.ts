import { expect, it } from 'vitest';
import { triggerRule } from '../triggers/schema.ts';
import { evidenceWanted } from './evidence-wanted.ts';

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
  const wanted = evidenceWanted([rule], { pinned: { hallucination_rate: 0.02 } });
  expect([...wanted.baselines]).toEqual(['task_completion_rate', 'latency_p95']);
});
