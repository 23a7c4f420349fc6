import { expect, test } from 'vitest';
import type { Incident } from '../incidents/incident.ts';
import { after, anIncident, aService, directoryOf, NOW } from '../incidents/test-builders.ts';
import type { ActionItem } from '../postmortems/action-item.ts';
import { anItem } from '../postmortems/test-builders.ts';
import { DAY } from '../time.ts';
import { collectReview, postReview } from './hold-review.ts';
import { type ProposalCount, triggerRecord } from './trigger-record.ts';
import { type IndicatorMean, weeklyReview } from './weekly-review.ts';

const service = aService({
  slos: {
    task_completion_rate: { dimension: 'cognitive_accuracy', at_least: '95%' },
    latency_p95: { dimension: 'performance', at_most: '5s' },
  },
});
const evidence = {
  from: new Date(NOW.getTime() - 7 * DAY),
  to: NOW,
  services: [service],
  incidents: [] as readonly Incident[],
  means: [] as readonly IndicatorMean[],
  openActionItems: [] as readonly ActionItem[],
  proposals: [] as readonly ProposalCount[],
};
const means = (completion: number, latency: number): IndicatorMean[] => [
  { service: 'support-agent', sli: 'task_completion_rate', mean: completion },
  { service: 'support-agent', sli: 'latency_p95', mean: latency },
];

test('nothing measured is "no data", never zero and never met', () => {
  expect(weeklyReview(evidence).indicators).toEqual([
    {
      service: 'support-agent',
      title: 'Task completion rate',
      target: 'at least 95.0 %',
      value: 'no data',
      state: 'no_data',
    },
    {
      service: 'support-agent',
      title: 'Latency p95',
      target: 'at most 5.00 s',
      value: 'no data',
      state: 'no_data',
    },
  ]);
});

test('a mean of zero is a value', () => {
  expect(weeklyReview({ ...evidence, means: means(0, 0) }).indicators).toMatchObject([
    { value: '0.0 %', state: 'missed' },
    { value: '0.00 s', state: 'met' },
  ]);
});

test.each([
  [0.95, 5, 'met', 'met'],
  [0.9499, 5.01, 'missed', 'missed'],
  [1, 0.2, 'met', 'met'],
] as const)('%s and %s: %s and %s', (completion, latency, first, second) => {
  const { indicators } = weeklyReview({ ...evidence, means: means(completion, latency) });
  expect(indicators.map((line) => line.state)).toEqual([first, second]);
});

test("another service's numbers are not this one's", () => {
  const other = means(0.99, 1).map((mean) => ({ ...mean, service: 'other' }));
  expect(weeklyReview({ ...evidence, means: other }).indicators.map((line) => line.state)).toEqual([
    'no_data',
    'no_data',
  ]);
});

test.each([
  [{ mitigatedAt: after(0) }, '20 min'],
  [{}, 'not yet mitigated'],
  [{ phase: 'cancelled' }, 'never mitigated'],
] as const)('an incident with %j: recovery %s', (over, recovery) => {
  const review = weeklyReview({ ...evidence, incidents: [anIncident(over)] });
  expect(review.incidents).toMatchObject([{ detection: '10 min', recovery }]);
});

test('an action item is overdue the day after it is due; without a date it never is', () => {
  const dues = ['2026-11-20', '2026-11-21', '2026-11-22'];
  const openActionItems = [...dues.map((due) => anItem({ due })), anItem()];
  const { actionItems } = weeklyReview({ ...evidence, openActionItems });
  expect(actionItems.map((line) => line.overdue)).toEqual([true, false, false, false]);
});

test('the review is of the seven days that end now', async () => {
  const asked: unknown[] = [];
  const store = {
    incidentsForReview: async (from: Date, to: Date) => {
      asked.push([from, to]);
      return [anIncident()];
    },
    indicatorMeans: async (from: Date, to: Date) => {
      asked.push([from, to]);
      return means(0.96, 2);
    },
    openActionItems: async () => [anItem()],
    proposalCounts: async (from: Date, to: Date) => {
      asked.push([from, to]);
      return [];
    },
  };
  const review = await collectReview(store, directoryOf(service), NOW);
  expect(asked).toEqual([
    [new Date('2026-11-14T10:00:00Z'), NOW],
    [new Date('2026-11-14T10:00:00Z'), NOW],
    [new Date('2026-10-24T10:00:00Z'), NOW],
  ]);
  expect(review.incidents).toHaveLength(1);
  expect(review.indicators.map((line) => line.state)).toEqual(['met', 'met']);
});

test('triggers are judged by what people answered; a share of nothing is absent', () => {
  const none = { declared: 0, dismissed: 0, shadow: 0, confirmed: 0 };
  const counts = [
    { ...none, service: 'support-agent', trigger: 'score', declared: 5, dismissed: 2, shadow: 1 },
    { ...none, service: 'other', trigger: 'score', declared: 2, dismissed: 1, shadow: 4, confirmed: 3 },
    { ...none, service: 'other', trigger: 'latency', shadow: 1 },
  ];
  expect(triggerRecord([{ ...service, service: 'quiet', declare: 'shadow' }, service], counts)).toEqual({
    shadow: [
      { service: 'other', times: 5, confirmed: 3, share: 0.6 },
      { service: 'quiet', times: 0, confirmed: 0 },
      { service: 'support-agent', times: 1, confirmed: 0, share: 0 },
    ],
    rules: [{ trigger: 'score', declared: 7, answered: 10, share: 0.7, met: false }],
  });
});

test('a period is reviewed once', () => {
  expect(postReview('2026-W47', NOW)).toEqual({
    kind: 'review.post',
    lane: 'review-channel',
    key: 'review:2026-W47',
    payload: { reviewId: '2026-W47', until: NOW },
  });
});
