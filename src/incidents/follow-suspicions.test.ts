import { expect, test } from 'vitest';
import { HOUR, MINUTE } from '../time.ts';
import type { Finding } from '../triggers/trigger.ts';
import { followFindings } from './follow-findings.ts';
import type { Incident } from './incident.ts';
import { after, aService, playbook, sequentialIds } from './test-builders.ts';
import type { Proposal, ServiceWatch } from './watch.ts';

const base: Omit<Finding, 'state'> = {
  key: 'eval_score_drop:task_completion_rate',
  trigger: 'eval_score_drop',
  severity: 'SEV2',
  reason: 'Completion fell.',
  sli: 'task_completion_rate',
  value: 0.88,
  baseline: 0.95,
};
const suspected: Finding = { ...base, state: 'suspected', isUnconfirmed: true };
const firing: Finding = {
  ...base,
  state: 'firing',
  reason: 'Completion fell, confirmed.',
  onset: after(-10),
};
const healthy: Finding = { ...base, state: 'healthy', reason: 'Completion is back.' };

/** A service that is evaluated again and again; `at` in minutes. */
function watched(declare: 'shadow' | 'propose' | 'auto') {
  let watch: ServiceWatch = { service: 'support-agent', version: 0, findings: {} };
  const newId = sequentialIds();
  const incidents = new Map<string, Incident>();
  const proposals = new Map<string, Proposal>();
  const seeAll = (findings: readonly Finding[], at = 0) => {
    const change = followFindings(
      {
        service: aService({ declare }),
        playbook,
        watch,
        open: [...incidents.values()].filter((incident) => incident.phase === 'triage'),
        proposals: [...proposals.values()],
        over: [...incidents.values()].filter((incident) => incident.phase === 'closed'),
      },
      findings,
      { now: after(at), newId },
    );
    watch = change?.watch ?? watch;
    for (const incident of change?.incidents ?? []) incidents.set(incident.id, incident);
    for (const proposal of change?.proposals ?? []) proposals.set(proposal.id, proposal);
    return change;
  };
  const see = (finding: Finding, at = 0) => (seeAll([finding], at)?.jobs ?? []).map((job) => job.kind);
  return {
    see,
    seeAll,
    incidents: () => [...incidents.values()],
    proposals: () => [...proposals.values()],
    answer: (state: Proposal['state'], at = 0) => {
      for (const proposal of proposals.values())
        proposals.set(proposal.id, { ...proposal, state, answeredAt: after(at) });
    },
    resolve: (at = 0) => {
      for (const incident of incidents.values())
        incidents.set(incident.id, { ...incident, phase: 'closed', resolvedAt: after(at) });
    },
  };
}

test.each(['propose', 'auto'] as const)(
  '%s: a suspicion is asked about at once, and declares nothing',
  (mode) => {
    const { see, incidents, proposals } = watched(mode);
    expect(see(suspected)).toEqual(['proposal.show']);
    expect(see(suspected, 1)).toEqual([]);
    expect(incidents()).toEqual([]);
    expect(proposals()).toMatchObject([{ state: 'open', isSuspicion: true, reason: 'Completion fell.' }]);
  },
);

test('auto: what is confirmed declares, and its question is answered by that', () => {
  const { see, incidents, proposals } = watched('auto');
  see(suspected);
  expect(see(firing, 1)).toEqual(expect.arrayContaining(['incident.announce', 'proposal.show']));
  expect(incidents()).toMatchObject([{ reason: 'Completion fell, confirmed.', startedAt: after(-10) }]);
  expect(proposals()).toMatchObject([{ state: 'declared', incidentId: incidents()[0]?.id }]);
  see(firing, 2);
  expect(incidents()).toHaveLength(1);
});

test('propose: the question says that it is sure now, in the same message', () => {
  const { see, proposals } = watched('propose');
  see(suspected);
  expect(see(firing, 1)).toEqual(['proposal.show']);
  expect(proposals()).toMatchObject([{ isSuspicion: false, reason: 'Completion fell, confirmed.' }]);
});

test.each(['propose', 'auto'] as const)(
  '%s: a suspicion that was called no incident is asked about again when it is sure, and only asked',
  (mode) => {
    const { see, incidents, proposals, answer } = watched(mode);
    see(suspected);
    answer('dismissed');
    expect(see(suspected, 1)).toEqual([]);
    expect(see(firing, 2)).toEqual(['proposal.show']);
    expect(incidents()).toEqual([]);
    expect(proposals()).toMatchObject([{ state: 'dismissed' }, { state: 'open', isSuspicion: false }]);
    answer('dismissed', 3);
    expect(see(firing, 4)).toEqual([]);
  },
);

test('a suspicion that comes and goes is one message an hour', () => {
  const { see, proposals } = watched('propose');
  for (let minute = 0; minute < 50; minute += 10) {
    see(suspected, minute);
    see(healthy, minute + 5);
  }
  expect(proposals()).toMatchObject([{ state: 'recovered' }]);
  see(suspected, 45 + HOUR / MINUTE + 1);
  expect(proposals()).toHaveLength(2);
});

test('what flaps declares once an hour; in between it is asked', () => {
  const { see, incidents, proposals, resolve } = watched('auto');
  see(firing);
  see(healthy, 10);
  resolve();
  see(firing, 20);
  expect(incidents()).toHaveLength(1);
  expect(proposals()).toMatchObject([{ state: 'open', isSuspicion: false }]);
  see(healthy, 30);
  see(firing, 61);
  expect(incidents()).toHaveLength(2);
});

test('what fires on for an hour after its incident was resolved is asked about again, once', () => {
  const { see, incidents, proposals, resolve } = watched('auto');
  see(firing);
  resolve(30);
  see(firing, 90);
  expect(proposals()).toEqual([]);
  expect(see(firing, 91)).toEqual(['proposal.show']);
  expect(see(firing, 200)).toEqual([]);
  expect(incidents()).toHaveLength(1);
});

test('what is well already after its incident was resolved, though not yet for sure, is not asked about', () => {
  const { see, proposals, resolve } = watched('auto');
  see(firing);
  resolve(30);
  expect(see({ ...firing, isRecovering: true }, 91)).toEqual([]);
  expect(proposals()).toEqual([]);
  expect(see(firing, 92)).toEqual(['proposal.show']);
});

test('a suspicion adds nothing to an open incident of its service', () => {
  const { see, incidents } = watched('auto');
  see(firing);
  const before = incidents();
  expect(see({ ...suspected, key: 'eval_score_drop:refusal_rate' }, 1)).not.toContain('proposal.show');
  expect(incidents()).toEqual(before);
});

test('shadow: nothing is said; what would have been declared is counted, once until it is over', () => {
  const { see, incidents, proposals } = watched('shadow');
  expect(see(suspected)).toEqual([]);
  expect(proposals()).toEqual([]);
  expect(see(firing, 1)).toEqual([]);
  expect(see(firing, 2)).toEqual([]);
  expect(see(healthy, 3)).toEqual([]);
  see(firing, 70);
  expect(incidents()).toEqual([]);
  expect(proposals()).toMatchObject([
    { state: 'shadow', answeredAt: after(3) },
    { state: 'shadow', at: after(70) },
  ]);
});

test('what has not lasted long enough yet is not asked about (control)', () => {
  const { isUnconfirmed: _no, ...pending } = suspected;
  expect(watched('propose').see(pending)).toEqual([]);
});

test.each(['propose', 'auto'] as const)(
  '%s: what fires when the question about something else closes is a question of its own, and no entity is written twice',
  (mode) => {
    const { seeAll, proposals, incidents } = watched(mode);
    const other = { ...firing, key: 'eval_score_drop:refusal_rate', reason: 'Refusals rose.' };
    seeAll([suspected]);
    const change = seeAll([healthy, other], 5);
    const written = (change?.proposals ?? []).map((proposal) => proposal.id);
    expect(new Set(written).size).toBe(written.length);
    expect(proposals()[0]).toMatchObject({ state: 'recovered' });
    if (mode === 'auto') expect(incidents()).toMatchObject([{ reason: 'Refusals rose.' }]);
    else expect(proposals()[1]).toMatchObject({ state: 'open', reason: 'Refusals rose.' });
  },
);

test('a suspicion beside what declares is not part of that, so that it attaches when it is confirmed', () => {
  const { seeAll, incidents } = watched('auto');
  const other = { ...suspected, key: 'eval_score_drop:refusal_rate', reason: 'Refusals rose.' };
  seeAll([firing, other]);
  expect(incidents()).toMatchObject([{ findings: [firing.key] }]);
  seeAll([firing, { ...other, state: 'firing', severity: 'SEV1' }], 1);
  expect(incidents()).toMatchObject([{ findings: [firing.key, other.key], severity: 'SEV1' }]);
});
