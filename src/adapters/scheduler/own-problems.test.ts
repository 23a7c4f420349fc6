import { expect, test } from 'vitest';
import { compareProblems, type OwnFigures, type OwnProblem, ownProblems } from './own-problems.ts';

const FINE: OwnFigures = {
  oldestDueSeconds: 60,
  oldestEvaluationSeconds: 30,
  deadJobs: 0,
  missedReview: undefined,
  unanswered: [],
};

test.each<[OwnProblem, Partial<OwnFigures>, string]>([
  ['outbox_stuck', { oldestDueSeconds: 61 }, 'waiting for 1 min'],
  ['evaluation_late', { oldestEvaluationSeconds: 31 }, 'waiting for 31 s'],
  ['jobs_dead', { deadJobs: 1 }, 'gave up on 1 job.'],
  ['jobs_dead', { deadJobs: 2 }, 'gave up on 2 jobs.'],
  ['review_missed', { missedReview: new Date('2026-11-23T09:00:00Z') }, '2026-11-23 09:00 UTC'],
  [
    'source_unanswered',
    {
      unanswered: [
        { what: 'Prometheus of a', since: new Date('2026-11-23T09:00:00Z'), reason: 'It is down.' },
      ],
    },
    'Prometheus of a (since 09:00 UTC): It is down.',
  ],
])('%s is seen, and what to do is said', (problem, figures, words) => {
  const found = ownProblems({ ...FINE, ...figures });
  expect([...found.keys()]).toEqual([problem]);
  expect(found.get(problem)).toContain(words);
});

test('nothing is wrong at the limits, nor when nothing is due', () => {
  expect(ownProblems(FINE).size).toBe(0);
  const idle = { ...FINE, oldestDueSeconds: undefined, oldestEvaluationSeconds: undefined };
  expect(ownProblems(idle).size).toBe(0);
});

test('a problem opens when it is seen twice in a row, once, and clears once', () => {
  let sightings: ReadonlyMap<OwnProblem, number> = new Map();
  const see = (...now: OwnProblem[]) => {
    const { opened, cleared, ...next } = compareProblems(sightings, new Set(now));
    sightings = next.sightings;
    return [opened, cleared];
  };
  expect(see('jobs_dead')).toEqual([[], []]);
  expect(see()).toEqual([[], []]);
  expect(see('jobs_dead')).toEqual([[], []]);
  expect(see('jobs_dead', 'outbox_stuck')).toEqual([['jobs_dead'], []]);
  expect(see('jobs_dead')).toEqual([[], []]);
  expect(see()).toEqual([[], ['jobs_dead']]);
  expect(see()).toEqual([[], []]);
});
