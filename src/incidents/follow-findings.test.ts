import { describe, expect, it, test } from 'vitest';
import type { Playbook } from '../runbooks/schema.ts';
import { triggerRule } from '../triggers/schema.ts';
import type { Finding } from '../triggers/trigger.ts';
import { type FollowState, followFindings } from './follow-findings.ts';
import type { Incident } from './incident.ts';
import type { IncidentChange } from './ports.ts';
import { after, anIncident, aService, NOW, playbook, sequentialIds } from './test-builders.ts';
import type { Proposal, ServiceWatch } from './watch.ts';

const TCR = 'eval_score_drop:task_completion_rate';
const REFUSALS = 'eval_score_drop:refusal_rate';

function finding(over: Partial<Finding> = {}): Finding {
  return {
    key: TCR,
    trigger: 'eval_score_drop',
    state: 'firing',
    severity: 'SEV2',
    reason: 'Completion fell.',
    sli: 'task_completion_rate',
    value: 0.88,
    baseline: 0.95,
    recoveredWithin: 0.025,
    observedAt: after(-2),
    onset: after(-62),
    ...over,
  };
}
const refusals = (over: Partial<Finding> = {}) =>
  finding({ key: REFUSALS, sli: 'refusal_rate', reason: 'Refusals rose.', ...over });
const healthy = (over: Partial<Finding> = {}) =>
  finding({ state: 'healthy', reason: 'Completion is back.', ...over });

interface World {
  newId: (prefix: string) => string;
  watch: ServiceWatch;
  owners?: { team: string; pagerduty_service: string };
  incidents: Incident[];
  proposals: Proposal[];
}

function world(): World {
  return {
    watch: { service: 'support-agent', version: 0, findings: {} },
    incidents: [],
    proposals: [],
    newId: sequentialIds(),
  };
}

/** One evaluation against what was saved by those before. */
function follow(
  at: World,
  findings: readonly Finding[],
  declare: 'auto' | 'propose' | 'shadow' = 'auto',
  minutes = 0,
  by: Playbook = playbook,
): IncidentChange | undefined {
  const state: FollowState = {
    service: aService({ declare, ...(at.owners === undefined ? {} : { owners: at.owners }) }),
    playbook: by,
    watch: at.watch,
    open: at.incidents.filter((incident) => incident.phase !== 'post_incident'),
    proposals: at.proposals,
    over: at.incidents.filter((incident) => incident.phase === 'post_incident'),
  };
  const change = followFindings(state, findings, { now: after(minutes), newId: at.newId });
  if (change?.watch !== undefined) at.watch = change.watch;
  for (const incident of change?.incidents ?? [])
    at.incidents = [...at.incidents.filter((known) => known.id !== incident.id), incident];
  for (const proposal of change?.proposals ?? [])
    at.proposals = [...at.proposals.filter((known) => known.id !== proposal.id), proposal];
  return change;
}

const texts = (change: IncidentChange | undefined) =>
  (change?.timeline ?? []).map((entry) => `${entry.kind}: ${entry.text}`);
const kinds = (change: IncidentChange | undefined) => (change?.jobs ?? []).map((job) => job.kind);

test('auto: the worst finding declares, the others that fire attach', () => {
  const at = world();
  const change = follow(at, [refusals(), finding({ severity: 'SEV1', url: 'https://evals.example/1' })]);
  expect(at.incidents).toHaveLength(1);
  expect(at.incidents[0]).toMatchObject({
    severity: 'SEV1',
    kind: 'model_behavior',
    title: 'Eval score drop',
    reason: 'Completion fell.',
    phase: 'triage',
    trigger: 'eval_score_drop',
    findings: [REFUSALS, TCR],
    fired: { sli: 'task_completion_rate', value: 0.88, baseline: 0.95, recoveredWithin: 0.025 },
    startedAt: after(-62),
    detectedAt: after(-2),
    declaredAt: NOW,
    declaredBy: { kind: 'aire' },
    declareKey: `support-agent:${TCR}@2026-11-21T10:00:00.000Z`,
  });
  expect(texts(change)).toEqual([
    'declared: Declared SEV1: Completion fell.',
    'signal_attached: Refusals rose.',
  ]);
  expect(change?.timeline?.[0]).toMatchObject({ url: 'https://evals.example/1', data: { finding: TCR } });
  expect(kinds(change)).toEqual([
    'incident.announce',
    'incident.open_channel',
    'incident.show_card',
    'service.evaluate',
    ...Array(4).fill('incident.remind'),
  ]);
  expect(Object.values(at.watch.findings).map((each) => each.incidentId)).toEqual(['inc_1', 'inc_1']);
});

test('propose: one question, no incident', () => {
  const at = world();
  const change = follow(at, [finding()], 'propose');
  expect(at.incidents).toEqual([]);
  expect(at.proposals).toEqual([
    {
      id: 'prp_1',
      version: 0,
      service: 'support-agent',
      trigger: 'eval_score_drop',
      severity: 'SEV2',
      reason: 'Completion fell.',
      findings: [TCR],
      at: NOW,
      state: 'open',
      isSuspicion: false,
    },
  ]);
  expect(kinds(change)).toEqual(['proposal.show']);
});

test('one question at a time: what fires meanwhile joins it, and speaks where it is worse', () => {
  const at = world();
  follow(at, [finding()], 'propose');
  follow(at, [finding(), refusals({ severity: 'SEV1' })], 'propose', 1);
  expect(at.proposals).toHaveLength(1);
  expect(at.proposals[0]).toMatchObject({
    severity: 'SEV1',
    findings: [TCR, REFUSALS],
    reason: 'Refusals rose.',
  });
  const mild = world();
  follow(mild, [finding()], 'propose');
  follow(mild, [finding(), refusals({ severity: 'SEV4' })], 'propose', 1);
  expect(mild.proposals[0]?.severity).toBe('SEV2');
});

test('a finding that went and came back is in the question once', () => {
  const at = world();
  follow(at, [finding(), refusals()], 'propose');
  follow(at, [healthy(), refusals()], 'propose', 1);
  follow(at, [finding(), refusals()], 'propose', 2);
  expect(at.proposals).toHaveLength(1);
  expect(at.proposals[0]?.findings).toEqual([TCR, REFUSALS]);
});

test('a question whose findings have all recovered is over', () => {
  const at = world();
  follow(at, [finding(), refusals()], 'propose');
  follow(at, [healthy(), refusals()], 'propose', 1);
  expect(at.proposals[0]?.state).toBe('open');
  const change = follow(at, [healthy(), refusals({ state: 'healthy' })], 'propose', 2);
  expect(at.proposals[0]).toMatchObject({ state: 'recovered', answeredAt: after(2) });
  expect(kinds(change)).toEqual(['proposal.show']);
});

test('what was dismissed is not proposed again before it has recovered', () => {
  const at = world();
  follow(at, [finding()], 'propose');
  at.proposals = at.proposals.map((proposal) => ({ ...proposal, state: 'dismissed' }));
  follow(at, [finding({ value: 0.87 })], 'propose', 1);
  follow(at, [finding({ state: 'not_evaluable' })], 'propose', 2);
  follow(at, [finding()], 'propose', 3);
  expect(at.proposals).toHaveLength(1);
  follow(at, [healthy()], 'propose', 4);
  follow(at, [finding()], 'propose', 5);
  expect(at.proposals.map((proposal) => proposal.state)).toEqual(['dismissed', 'open']);
  expect(at.proposals[1]?.at).toEqual(after(5));
});

test('a new finding attaches to the open incident and raises its severity', () => {
  const at = world();
  at.incidents = [anIncident()];
  const change = follow(at, [refusals({ severity: 'SEV1' })], 'auto', 1);
  expect(at.incidents).toHaveLength(1);
  expect(at.incidents[0]).toMatchObject({ severity: 'SEV1', findings: [TCR, REFUSALS] });
  expect(texts(change)).toEqual([
    'signal_attached: Refusals rose.',
    'severity_changed: Severity raised from SEV2 to SEV1 by what was attached.',
  ]);
  expect(kinds(change).slice(0, 2)).toEqual(['incident.say', 'incident.say']);
});

test.each(['SEV2', 'SEV3', 'SEV4'] as const)('a finding of %s never lowers a SEV2 incident', (severity) => {
  const at = world();
  at.incidents = [anIncident()];
  const change = follow(at, [refusals({ severity })]);
  expect(at.incidents[0]?.severity).toBe('SEV2');
  expect(texts(change)).toEqual(['signal_attached: Refusals rose.']);
});

test('with propose, too, what is new attaches to an open incident without asking', () => {
  const at = world();
  at.incidents = [anIncident()];
  follow(at, [refusals()], 'propose');
  expect(at.proposals).toEqual([]);
  expect(at.incidents[0]?.findings).toContain(REFUSALS);
});

test('recovery is said once', () => {
  const at = world();
  follow(at, [finding()]);
  const change = follow(at, [healthy()], 'auto', 5);
  expect(texts(change)).toEqual(['signal_recovered: Recovered: Completion is back.']);
  expect(kinds(change)).toContain('incident.say');
  expect(texts(follow(at, [healthy({ value: 0.96 })], 'auto', 6))).toEqual([]);
  expect(follow(at, [healthy({ value: 0.96 })], 'auto', 7)).toBeUndefined();
});

test('what recovered and fires again attaches again, named once', () => {
  const at = world();
  follow(at, [finding()]);
  follow(at, [healthy()], 'auto', 5);
  expect(texts(follow(at, [finding()], 'auto', 10))).toEqual(['signal_attached: Completion fell.']);
  expect(at.incidents).toHaveLength(1);
  expect(at.incidents[0]?.findings).toEqual([TCR]);
});

test('what can not be evaluated is no recovery', () => {
  const at = world();
  follow(at, [finding()]);
  expect(texts(follow(at, [finding({ state: 'not_evaluable' })], 'auto', 5))).toEqual([]);
  expect(at.watch.findings[TCR]?.incidentId).toBe('inc_1');
  expect(texts(follow(at, [finding()], 'auto', 6))).toEqual([]);
});

test.each(['suspected', 'not_evaluable', 'healthy'] as const)('%s neither declares nor proposes', (state) => {
  for (const declare of ['auto', 'propose'] as const) {
    const at = world();
    const change = follow(at, [finding({ state })], declare);
    expect([change?.incidents, change?.proposals, change?.jobs]).toEqual([[], [], []]);
  }
});

test('the same evaluation again writes nothing', () => {
  const at = world();
  expect(follow(at, [finding(), refusals()])).toBeDefined();
  expect(follow(at, [finding(), refusals()], 'auto', 1)).toBeUndefined();
});

test('a new value of what is attached refreshes the card, and the onset stays', () => {
  const at = world();
  follow(at, [finding()]);
  const change = follow(at, [finding({ value: 0.8, onset: after(-30) })], 'auto', 1);
  expect(kinds(change)).toEqual(['incident.show_card', 'incident.announce']);
  expect(texts(change)).toEqual([]);
  expect(at.watch.findings[TCR]).toMatchObject({ value: 0.8, onset: after(-62), since: NOW });
});

test('a resolved incident is not declared anew while the same thing goes on firing', () => {
  const at = world();
  follow(at, [finding()]);
  at.incidents = at.incidents.map((incident) => ({ ...incident, phase: 'post_incident' }));
  follow(at, [finding({ value: 0.87 })], 'auto', 5);
  expect(at.incidents).toHaveLength(1);
});

test('the onset is never later than the detection, nor the detection than now', () => {
  const at = world();
  follow(at, [finding({ onset: after(3), observedAt: after(2) })]);
  expect(at.incidents[0]).toMatchObject({ startedAt: NOW, detectedAt: NOW });
});

describe('safety', () => {
  const watched: Playbook = {
    ...playbook,
    triggers: {
      ...playbook.triggers,
      safety: triggerRule.parse({
        title: 'Safety breach',
        source: '§D9',
        kind: 'safety',
        slis: { pii_leak_count: { above: 0 } },
        severity: [{ is: 'SEV1' }],
      }),
    },
  };
  const leak = finding({
    key: 'safety:pii_leak_count',
    trigger: 'safety',
    severity: 'SEV1',
    reason: 'PII leaks 1 is above 0.',
  });
  const kindsOf = (at: World) => at.incidents.map(({ kind, findings }) => [kind, findings]);

  it('opens an incident of its own beside one that is open, and the other way round', () => {
    const first = world();
    follow(first, [finding()], 'auto', 0, watched);
    follow(first, [finding(), leak], 'auto', 1, watched);
    expect(kindsOf(first)).toEqual([
      ['model_behavior', [TCR]],
      ['safety', [leak.key]],
    ]);
    const second = world();
    follow(second, [leak], 'auto', 0, watched);
    follow(second, [leak, finding()], 'auto', 1, watched);
    expect(kindsOf(second)).toEqual([
      ['safety', [leak.key]],
      ['model_behavior', [TCR]],
    ]);
  });

  it('found with something else at once, it is two incidents; what follows joins its own kind', () => {
    const at = world();
    const jailbreak = { ...leak, key: 'safety:jailbreak_rate' };
    follow(at, [finding(), leak], 'auto', 0, watched);
    follow(at, [finding(), leak, refusals(), jailbreak], 'auto', 1, watched);
    expect(kindsOf(at).sort()).toEqual([
      ['model_behavior', [TCR, REFUSALS]],
      ['safety', [leak.key, jailbreak.key]],
    ]);
    expect(at.watch.findings[jailbreak.key]?.incidentId).toBe(at.watch.findings[leak.key]?.incidentId);
  });

  it('is asked about by itself', () => {
    const at = world();
    follow(at, [finding()], 'propose', 0, watched);
    follow(at, [finding(), leak], 'propose', 1, watched);
    expect(at.proposals.map(({ trigger, findings }) => [trigger, findings])).toEqual([
      ['eval_score_drop', [TCR]],
      ['safety', [leak.key]],
    ]);
  });

  it('attaches like anything else when its trigger is of another kind (control)', () => {
    const at = world();
    follow(at, [finding()]);
    follow(at, [finding(), leak], 'auto', 1);
    expect(kindsOf(at)).toEqual([['model_behavior', [TCR, leak.key]]]);
  });
});

describe('an incident’s own finding that gets worse', () => {
  const OWNERS = { team: 'ml-platform', pagerduty_service: 'PSVC1' };
  const raises = (change: IncidentChange | undefined) =>
    texts(change).filter((text) => text.startsWith('severity_changed'));
  const declared = (severity: 'SEV2' | 'SEV3' = 'SEV2') => {
    const at = world();
    follow(at, [finding({ severity })]);
    return at;
  };

  it('raises the severity, says why, and once however it flaps around the limit', () => {
    const at = declared();
    const change = follow(at, [finding({ severity: 'SEV1', reason: 'Completion fell more.' })], 'auto', 1);
    expect(at.incidents[0]?.severity).toBe('SEV1');
    expect(raises(change)).toEqual([
      'severity_changed: Severity raised from SEV2 to SEV1: Completion fell more.',
    ]);
    expect(kinds(change)).toEqual(expect.arrayContaining(['incident.say', 'incident.show_card']));
    for (let minute = 2; minute < 8; minute++)
      expect(
        raises(follow(at, [finding({ severity: minute % 2 === 0 ? 'SEV2' : 'SEV1' })], 'auto', minute)),
      ).toEqual([]);
    expect(at.incidents[0]?.severity).toBe('SEV1');
  });

  it('pages the owners when that is bad enough', () => {
    const pages = (severity: 'SEV2' | 'SEV4') => {
      const at = declared('SEV3');
      at.owners = OWNERS;
      return (follow(at, [finding({ severity })], 'auto', 1)?.jobs ?? [])
        .filter((job) => job.kind === 'incident.page')
        .map((job) => job.payload.occasion);
    };
    expect(pages('SEV2')).toEqual(['raised']);
    expect(pages('SEV4')).toEqual([]);
  });

  it('never lowers it, and raises nothing that is worse already', () => {
    const at = declared();
    expect(raises(follow(at, [finding({ severity: 'SEV4' })], 'auto', 1))).toEqual([]);
    expect(at.incidents[0]?.severity).toBe('SEV2');
    at.incidents = at.incidents.map((incident) => ({ ...incident, severity: 'SEV1' }));
    expect(raises(follow(at, [finding({ severity: 'SEV1' })], 'auto', 2))).toEqual([]);
  });

  it('leaves what a person lowered, until it is worse than it was', () => {
    const at = declared();
    at.incidents = at.incidents.map((incident) => ({ ...incident, severity: 'SEV3' }));
    for (const [minute, severity] of [
      [1, 'SEV3'],
      [2, 'SEV2'],
      [3, 'SEV4'],
      [4, 'SEV2'],
    ] as const)
      expect(raises(follow(at, [finding({ severity })], 'auto', minute))).toEqual([]);
    follow(at, [finding({ state: 'not_evaluable', severity: 'SEV4' })], 'auto', 5);
    follow(at, [finding()], 'auto', 6);
    expect(at.incidents[0]?.severity).toBe('SEV3');
    expect(raises(follow(at, [finding({ severity: 'SEV1' })], 'auto', 7))).toHaveLength(1);
    expect(at.incidents[0]?.severity).toBe('SEV1');
  });

  it.each(['suspected', 'not_evaluable', 'healthy'] as const)('raises nothing while it is %s', (state) => {
    const at = declared();
    expect(raises(follow(at, [finding({ state, severity: 'SEV1' })], 'auto', 1))).toEqual([]);
    // Control: and that is no severity it has reached.
    expect(at.incidents[0]?.severity).toBe('SEV2');
    if (state !== 'healthy')
      expect(raises(follow(at, [finding({ severity: 'SEV1' })], 'auto', 2))).toHaveLength(1);
  });

  it('beside a new one that attaches, both count and each is said', () => {
    const at = declared('SEV3');
    const change = follow(at, [finding({ severity: 'SEV2' }), refusals({ severity: 'SEV1' })], 'auto', 1);
    expect(raises(change).map((text) => text.slice(0, 55))).toEqual(
      [
        'severity_changed: Severity raised from SEV3 to SEV2: Com',
        'severity_changed: Severity raised from SEV2 to SEV1 by w',
      ].map((text) => text.slice(0, 55)),
    );
    expect(at.incidents).toMatchObject([{ severity: 'SEV1', findings: [TCR, REFUSALS] }]);
  });

  it('raises no other incident, nor one that is over', () => {
    const at = declared();
    at.incidents = [...at.incidents, anIncident({ id: 'inc_other', declareKey: 'other', findings: [] })];
    follow(at, [finding({ severity: 'SEV1' })], 'auto', 1);
    expect(at.incidents.map(({ id, severity }) => [id, severity])).toEqual(
      expect.arrayContaining([
        ['inc_1', 'SEV1'],
        ['inc_other', 'SEV2'],
      ]),
    );
    const over = declared();
    over.incidents = over.incidents.map((incident) => ({ ...incident, phase: 'post_incident' }));
    expect(raises(follow(over, [finding({ severity: 'SEV1' })], 'auto', 1))).toEqual([]);
  });
});

describe('a finding that nothing is heard of any more', () => {
  const DAYS = 24 * 60;
  const alert = (over: Partial<Finding> = {}) =>
    finding({
      key: 'eval_score_drop:alert:k',
      alert: { source: 'alertmanager' },
      reason: 'It rings.',
      ...over,
    });

  it('is not evaluable and says so once on its incident', () => {
    const at = world();
    follow(at, [alert()]);
    const change = follow(at, [], 'auto', 8 * DAYS);
    expect(texts(change)).toEqual([
      'note: It rings. No word from Alertmanager for 7 days, so whether this goes on is not known. Look there, and resolve the incident when it is over.',
    ]);
    expect(at.watch.findings['eval_score_drop:alert:k']).toMatchObject({
      state: 'not_evaluable',
      incidentId: 'inc_1',
    });
    expect(follow(at, [], 'auto', 9 * DAYS)).toBeUndefined();
    // It goes on where it was: nothing is declared or attached again.
    expect(texts(follow(at, [alert()], 'auto', 10 * DAYS))).toEqual([]);
    expect(at.watch.findings['eval_score_drop:alert:k']).toMatchObject({
      state: 'firing',
      reason: 'It rings.',
    });
    expect(at.incidents).toHaveLength(1);
  });

  it('closes its question without an answer only when nothing else of it goes on', () => {
    const at = world();
    follow(at, [alert(), finding()], 'propose');
    follow(at, [finding()], 'propose', 8 * DAYS);
    expect(at.proposals[0]?.state).toBe('open');
    const change = follow(at, [healthy()], 'propose', 9 * DAYS);
    expect(at.proposals[0]).toMatchObject({
      state: 'lapsed',
      reason: expect.stringContaining('No word from Alertmanager for 7 days'),
      answeredAt: after(9 * DAYS),
    });
    expect(kinds(change)).toEqual(['proposal.show']);
    expect(Object.keys(at.watch.findings)).toEqual([TCR]);
    follow(at, [healthy(), alert()], 'propose', 10 * DAYS);
    expect(at.proposals.map(({ state }) => state)).toEqual(['lapsed', 'open']);
  });

  it('says otherwise when it is its rule that is gone, and is still counted in shadow', () => {
    const at = world();
    follow(at, [finding()], 'propose');
    follow(at, [], 'propose', 1);
    expect(at.proposals[0]).toMatchObject({
      state: 'lapsed',
      reason: 'Completion fell. Its rule or its data is gone, so whether this goes on is not known.',
    });
    const shadow = world();
    follow(shadow, [alert()], 'shadow');
    follow(shadow, [], 'shadow', 8 * DAYS);
    expect(shadow.proposals.map(({ state }) => state)).toEqual(['shadow']);
    expect(shadow.proposals[0]?.answeredAt).toBeDefined();
  });

  it('is forgotten where nothing of it is open', () => {
    const at = world();
    follow(at, [alert()]);
    at.incidents = at.incidents.map((incident) => ({ ...incident, phase: 'post_incident' }));
    follow(at, [], 'auto', 8 * DAYS);
    expect(at.watch.findings).toEqual({});
  });
});
