import { describe, expect, it } from 'vitest';
import { aService } from '../../../incidents/test-builders.ts';
import { weeklyReview } from '../../../reviews/weekly-review.ts';
import { reviewMessage } from './review.ts';
import { ANA, after, BEN, expectGolden, incidentIn, NOW } from './test-builders.ts';

const week = { from: after(-7 * 24 * 60), to: NOW };
const service = aService({
  slos: {
    task_completion_rate: { dimension: 'cognitive_accuracy', at_least: '95%', allowance: '5%' },
    latency_p95: { dimension: 'performance', at_most: '5s', allowance: '5%' },
    refusal_rate: { dimension: 'cognitive_accuracy', at_most: '4%', allowance: '5%' },
  },
});
const item = {
  version: 1,
  incidentId: 'inc_a',
  service: 'support-agent',
  state: 'open',
  addedBy: ANA,
  addedAt: NOW,
} as const;

describe('the weekly review', () => {
  it('with data', () => {
    const review = weeklyReview({
      ...week,
      services: [service],
      incidents: [incidentIn('closed'), incidentIn('triage', { number: 13 })],
      means: [
        { service: 'support-agent', sli: 'task_completion_rate', mean: 0.94 },
        { service: 'support-agent', sli: 'latency_p95', mean: 4.2 },
      ],
      proposals: [
        {
          service: 'support-agent',
          trigger: 'eval_score_drop',
          declared: 8,
          dismissed: 2,
          shadow: 0,
          confirmed: 0,
        },
        { service: 'translate', trigger: 'latency', declared: 1, dismissed: 1, shadow: 4, confirmed: 3 },
      ],
      openActionItems: [
        { ...item, id: 'act_1', what: 'Gate releases', owner: BEN, due: '2026-11-01' },
        { ...item, id: 'act_2', what: 'Watch refusals' },
      ],
    });
    expectGolden('review', reviewMessage(review));
  });

  it('without data says so, and shows no zero', () => {
    const review = weeklyReview({
      ...week,
      services: [service],
      incidents: [],
      means: [],
      proposals: [],
      openActionItems: [],
    });
    expectGolden('review-without-data', reviewMessage(review));
    const shown = JSON.stringify(reviewMessage(review));
    expect(shown.match(/no data/g)).toHaveLength(4);
    expect(shown).not.toMatch(/: 0\.0/);
  });

  it('without any service says what to add', () => {
    const review = weeklyReview({
      ...week,
      services: [],
      incidents: [],
      means: [],
      proposals: [],
      openActionItems: [],
    });
    expectGolden('review-empty', reviewMessage(review));
  });

  it('says how many more there are', () => {
    const incidents = Array.from({ length: 14 }, (_each, index) => incidentIn('triage', { number: index }));
    const review = weeklyReview({
      ...week,
      services: [],
      incidents,
      means: [],
      proposals: [],
      openActionItems: [],
    });
    expect(JSON.stringify(reviewMessage(review))).toContain('…and 4 more');
  });
});
