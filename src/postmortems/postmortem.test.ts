import { expect, test } from 'vitest';
import { aCase } from '../golden-dataset/test-builders.ts';
import { after, anIncident, NOW } from '../incidents/test-builders.ts';
import { mitigationDeps, run } from '../mitigations/test-builders.ts';
import { type PostmortemEvidence, peopleIn, postmortemFileName, postmortemValues } from './postmortem.ts';
import { anEntry, anItem } from './test-builders.ts';

function valuesOf(over: Partial<PostmortemEvidence> = {}) {
  return postmortemValues({
    incident: anIncident(),
    timeline: [],
    mitigations: [],
    goldenCases: [],
    actionItems: [],
    ownSlis: {},
    names: new Map([['U_ANA', 'Ana']]),
    ...over,
  });
}
const fact = (value: string) => ({ value, from: 'step:x', at: NOW });

test('what is not known stays undefined, so that the document can say so', () => {
  expect(valuesOf()).toMatchObject({
    commander: undefined,
    recoveryTime: undefined,
    resolutionTime: undefined,
    fired: undefined,
    onsetShape: undefined,
    onsetBetween: undefined,
    contextAnalysis: undefined,
    impact: undefined,
    cause: undefined,
    rootCause: undefined,
    contributing: [],
    mitigations: [],
    goldenCases: [],
    actionItems: [],
  });
  expect(valuesOf({ incident: anIncident({ cause: 'unknown' }) }).cause).toBeUndefined();
});

test('milestones that were not reached have no time, and the others count from the onset', () => {
  const { milestones, detectionTime } = valuesOf({ incident: anIncident({ acknowledgedAt: after(-3) }) });
  expect(detectionTime).toBe('10 min');
  expect(milestones).toEqual([
    { what: 'Started (estimated onset)', at: '2026-11-21 09:40 UTC', after: '0 s' },
    { what: 'Detected', at: '2026-11-21 09:50 UTC', after: '10 min' },
    { what: 'Declared', at: '2026-11-21 09:55 UTC', after: '15 min' },
    { what: 'Acknowledged', at: '2026-11-21 09:57 UTC', after: '17 min' },
    { what: 'Mitigated', at: undefined, after: undefined },
    { what: 'Resolved', at: undefined, after: undefined },
    { what: 'Closed', at: undefined, after: undefined },
  ]);
});

test('gradual or sudden is what a person chose, else what aire estimates, and says so', () => {
  const onset = { from: after(-50), to: after(-5), shape: 'gradual' } as const;
  expect(valuesOf({ incident: anIncident({ onset }) })).toMatchObject({
    onsetShape: 'gradual (estimated by aire, not confirmed)',
    onsetBetween: '2026-11-21 09:10 UTC and 2026-11-21 09:55 UTC',
  });
  const chosen = anIncident({ onset, facts: { onset_shape: fact('sudden') } });
  expect(valuesOf({ incident: chosen }).onsetShape).toBe('sudden');
  expect(
    valuesOf({ incident: anIncident({ onset: { ...onset, shape: 'unknown' } }) }).onsetShape,
  ).toBeUndefined();
});

test('what is known is shown in the words of people', () => {
  const incident = anIncident({
    commander: 'U_ANA',
    cause: 'model',
    mitigatedAt: after(20),
    resolvedAt: after(40),
    fired: { sli: 'task_completion_rate', value: 0.86, baseline: 0.95, recoveredWithin: 0.025 },
    facts: {
      onset_shape: fact('sudden'),
      customer_impact: fact('200 people'),
      root_cause: fact('v42'),
      context_analysis: fact('as ever'),
      contributing_factors: fact('no gate'),
    },
  });
  expect(valuesOf({ incident })).toMatchObject({
    incident: 'INC-12',
    kind: 'model behavior',
    commander: 'Ana',
    cause: 'model',
    recoveryTime: '40 min',
    resolutionTime: '1 h',
    onsetShape: 'sudden',
    impact: '200 people',
    rootCause: 'v42',
    contextAnalysis: 'as ever',
    contributing: ['no gate'],
    fired: { sli: 'Task completion rate', value: '86.0 %', baseline: '95.0 %' },
  });
});

test('what moved: changed with its evidence, or unknown; nothing is ever "unchanged"', () => {
  const { moved } = valuesOf({
    timeline: [
      anEntry('change_seen', 'Model v41 → v42', { data: { what: 'model' }, at: after(-30) }),
      anEntry('change_seen', 'Model v42 → v43', {
        data: { what: 'model' },
        at: after(-25),
        url: 'https://ci.example/2',
      }),
      anEntry('note', 'Prompt looks fine', { data: { what: 'prompt' } }),
    ],
  });
  expect(moved).toHaveLength(10);
  expect(moved[0]).toEqual({
    what: 'model',
    changed: true,
    description: 'Model v41 → v42; Model v42 → v43',
    at: '2026-11-21 09:35 UTC',
    url: 'https://ci.example/2',
  });
  expect(moved.slice(1).map((each) => each.changed)).toEqual(Array(9).fill(false));
});

test('checks that found something are contributing; the others are not', () => {
  const step = (text: string, outcome: string) => anEntry('step_settled', text, { data: { outcome } });
  const { contributing } = valuesOf({ timeline: [step('GPU: not OK', 'not_ok'), step('Logs: OK', 'ok')] });
  expect(contributing).toEqual(['GPU: not OK']);
});

test('mitigations, cases, items and the timeline, with names', async () => {
  const { deps } = mitigationDeps();
  const mitigation = await run(deps);
  const values = valuesOf({
    mitigations: [mitigation],
    goldenCases: [aCase({ input: 'two\n  lines' })],
    actionItems: [anItem({ owner: 'U_ANA', due: '2026-12-01' }), anItem({ state: 'done' })],
    timeline: [
      anEntry('note', 'a\nb', { actor: { kind: 'person', id: 'U_ANA' } }),
      anEntry('note', 'c', { actor: { kind: 'system', name: 'ci' } }),
      anEntry('note', 'd'),
    ],
  });
  expect(values.mitigations).toEqual([
    {
      title: 'Roll back the model',
      parameters: 'previous good model v41',
      state: 'verifying',
      requestedBy: 'Ana',
      decidedBy: 'U_BEN',
      detail: 'The target answered 200.',
    },
  ]);
  expect(values.goldenCases[0]?.input).toBe('two lines');
  expect(values.actionItems).toMatchObject([
    { owner: 'Ana', due: '2026-12-01', done: false },
    { owner: undefined, due: undefined, done: true },
  ]);
  expect(values.timeline.map(({ who, text }) => [who, text])).toEqual([
    ['Ana', 'a b'],
    ['ci', 'c'],
    ['aire', 'd'],
  ]);
});

test('everybody who is mentioned is looked up, once', async () => {
  const { deps } = mitigationDeps();
  const people = peopleIn({
    incident: anIncident({ commander: 'U_CAM' }),
    timeline: [anEntry('note', 'x', { actor: { kind: 'person', id: 'U_ANA' } }), anEntry('note', 'y')],
    mitigations: [await run(deps)],
    goldenCases: [],
    actionItems: [anItem({ owner: 'U_DAN' }), anItem()],
    ownSlis: {},
  });
  expect([...people].sort()).toEqual(['U_ANA', 'U_BEN', 'U_CAM', 'U_DAN']);
});

test('the file is named by day, number and service', () => {
  expect(postmortemFileName(anIncident())).toBe('2026-11-21-inc-12-support-agent.md');
});
