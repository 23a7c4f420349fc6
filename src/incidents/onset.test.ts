import { expect, test } from 'vitest';
import type { Finding } from '../triggers/trigger.ts';
import { onsetEnd, onsetOf, shapesNamed, withEarliestOnset } from './onset.ts';
import { after, anIncident, NOW } from './test-builders.ts';

const TCR = 'eval_score_drop:task_completion_rate';
const finding = (over: Partial<Finding> = {}): Finding => ({
  key: TCR,
  trigger: 'eval_score_drop',
  state: 'firing',
  reason: 'Task completion rate fell.',
  severity: 'SEV2',
  onset: after(-30),
  onsetBetween: [after(-45), after(-15)],
  onsetShape: 'unknown',
  ...over,
});

test('an onset keeps its interval, and neither lies after the detection', () => {
  expect(onsetOf(finding(), after(-10))).toEqual({
    startedAt: after(-30),
    onset: { from: after(-45), to: after(-15), shape: 'unknown' },
  });
  expect(onsetOf(finding({ onset: after(5), onsetBetween: [after(5), after(9)] }), NOW)).toEqual({
    startedAt: NOW,
    onset: { from: NOW, to: NOW, shape: 'unknown' },
  });
  expect(onsetOf(undefined, NOW)).toEqual({ startedAt: NOW });
});

test('what began earlier dates the incident, what began later does not', () => {
  const incident = anIncident({ onset: { from: after(-25), to: after(-15), shape: 'sudden' } });
  expect(withEarliestOnset(incident, [finding()])).toMatchObject({
    startedAt: after(-30),
    onset: { from: after(-45), shape: 'unknown' },
  });
  expect(withEarliestOnset(incident, [finding({ onset: after(-19) })])).toBe(incident);
});

test('the shape is named once, by the finding that dates the onset', () => {
  const incident = anIncident({
    startedAt: after(-30),
    onset: { from: after(-45), to: after(-15), shape: 'unknown' },
  });
  const named = (over: Partial<Finding>, open = incident) =>
    shapesNamed([open], { [TCR]: { ...finding(over), since: NOW } }).map((each) => each.onset?.shape);
  expect(named({ onsetShape: 'gradual' })).toEqual(['gradual']);
  expect(named({ onsetShape: 'unknown' })).toEqual([]);
  expect(named({ onsetShape: 'gradual', onset: after(-5) })).toEqual([]);
  const sudden = { ...incident, onset: { from: NOW, to: NOW, shape: 'sudden' as const } };
  expect(named({ onsetShape: 'gradual' }, sudden)).toEqual([]);
});

test('a cause can have come until the end of the interval', () => {
  expect(onsetEnd(anIncident())).toEqual(after(-20));
  expect(onsetEnd(anIncident({ onset: { from: after(-30), to: after(-5), shape: 'unknown' } }))).toEqual(
    after(-5),
  );
});
