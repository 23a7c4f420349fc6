import { describe, expect, test } from 'vitest';
import type { Incident } from './incident.ts';
import { suggestionFor, suspectChange } from './suspect-change.ts';
import { after, anIncident, NOW, sequentialIds } from './test-builders.ts';
import type { TimelineEntry } from './timeline.ts';

const fired = { sli: 'task_completion_rate', value: 0.86, baseline: 0.95, recoveredWithin: 0.025 };
const dropped = (over: Partial<Incident> = {}): Incident =>
  anIncident({ trigger: 'eval_score_drop', fired, ...over });
const change = (minutes: number, what = 'model', text = 'Model v41 → v42'): TimelineEntry => ({
  id: `ent_${what}_${minutes}`,
  incidentId: 'inc_a',
  at: after(minutes),
  actor: { kind: 'system', name: 'ci' },
  kind: 'change_seen',
  text,
  data: { what },
  onceKey: `change:ci:${what}`,
});
const suspect = (incident: Incident, ...changes: TimelineEntry[]) =>
  suspectChange(incident, changes, { now: NOW, newId: sequentialIds() });

describe('a release before a fall', () => {
  test('is tied to it: in words, with the cause that it suggests, which nobody has set', () => {
    const { incident, timeline } = suspect(dropped(), change(-32));
    expect(incident.facts).toMatchObject({
      suspected_change: {
        value: 'change:ci:model',
        from: 'signal:ci',
        detail: 'Model v41 → v42 went out 12 min before the fall began',
      },
      suspected_cause: { value: 'model' },
    });
    expect(incident.cause).toBeUndefined();
    expect(timeline).toMatchObject([
      { kind: 'fact_set', text: 'Suspected: Model v41 → v42 went out 12 min before the fall began.' },
    ]);
    expect(suggestionFor(incident, 'cause')?.value).toBe('model');
    expect(suspect(incident, change(-32))).toEqual({ incident, timeline: [] });
  });

  test('a rise of hallucinations is called a rise', () => {
    const rose = { ...fired, sli: 'hallucination_rate', value: 0.09, baseline: 0.02 };
    const { incident } = suspect(dropped({ fired: rose }), change(-32, 'prompt', 'Prompt p6 → p7'));
    expect(incident.facts.suspected_change?.detail).toBe(
      'Prompt p6 → p7 went out 12 min before the rise began',
    );
    expect(incident.facts.suspected_cause?.value).toBe('prompt');
  });

  test('the closest release of several, though something that is none was closer', () => {
    const { incident } = suspect(
      dropped(),
      change(-60, 'prompt'),
      change(-40, 'index'),
      change(-22, 'config'),
    );
    expect(incident.facts.suspected_cause?.value).toBe('retrieval');
  });
});

describe('what is not blamed', () => {
  test.each([
    ['a change after the onset', dropped(), change(-19)],
    ['a release more than an hour before', dropped(), change(-81)],
    ['a change that is no release', dropped(), change(-32, 'config')],
    ['a release before latency rose', dropped({ trigger: 'latency' }), change(-32)],
    [
      'a release before an alert without a measurement',
      anIncident({ trigger: 'eval_score_drop' }),
      change(-32),
    ],
    ['a release before an incident that somebody declared', anIncident({ fired }), change(-32)],
  ])('%s', (_what, incident, entry) => {
    expect(suspect(incident, entry)).toEqual({ incident, timeline: [] });
  });

  test('what was suspected, once the onset turns out to be earlier', () => {
    const { incident } = suspect(dropped(), change(-32));
    const cleared = suspect({ ...incident, startedAt: after(-50) }, change(-32));
    expect(cleared.incident.facts).toEqual({});
    expect(suggestionFor(cleared.incident, 'cause')).toBeUndefined();
  });
});

test('a release within the interval is tied, also when the likeliest moment is before it', () => {
  const onset = { from: after(-30), to: after(-5), shape: 'sudden' } as const;
  const { incident } = suspect(dropped({ onset }), change(-10));
  expect(incident.facts.suspected_change?.detail).toBe(
    'Model v41 → v42 went out 10 min after the estimate, within its uncertainty',
  );
  expect(suspect(dropped({ onset }), change(-90)).incident.facts.suspected_cause?.value).toBe('model');
});

test('the shape is suggested where it could be named', () => {
  const onset = { from: NOW, to: NOW, shape: 'gradual' } as const;
  expect(suggestionFor(anIncident({ onset }), 'onset_shape')?.value).toBe('gradual');
  expect(suggestionFor(anIncident({ onset: { ...onset, shape: 'unknown' } }), 'onset_shape')).toBeUndefined();
  expect(suggestionFor(anIncident(), 'customer_impact')).toBeUndefined();
});
