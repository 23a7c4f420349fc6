import { expect, test } from 'vitest';
import { answerProposal } from './answer-proposal.ts';
import { declareIncident } from './declare-incident.ts';
import { after, anIncident, aService, incidentDeps, NOW } from './test-builders.ts';
import type { Proposal, WatchedFinding } from './watch.ts';

const TCR = 'eval_score_drop:task_completion_rate';
const REFUSALS = 'eval_score_drop:refusal_rate';

function watched(key: string, over: Partial<WatchedFinding> = {}): WatchedFinding {
  return {
    key,
    trigger: 'eval_score_drop',
    state: 'firing',
    severity: 'SEV2',
    reason: `${key} moved.`,
    since: after(-5),
    proposalId: 'prp_a',
    ...over,
  };
}

const proposal: Proposal = {
  id: 'prp_a',
  version: 1,
  service: 'support-agent',
  trigger: 'eval_score_drop',
  severity: 'SEV2',
  reason: 'moved',
  findings: [TCR, REFUSALS],
  at: after(-5),
  state: 'open',
  isSuspicion: false,
};

function asked(...findings: readonly WatchedFinding[]) {
  const deps = incidentDeps();
  deps.store.proposals.seed(proposal);
  deps.store.watches.seed({
    service: 'support-agent',
    version: 1,
    findings: Object.fromEntries(findings.map((finding) => [finding.key, finding])),
  });
  const answer = (by: string, answer: 'declare' | 'dismiss') =>
    answerProposal(deps, { proposalId: 'prp_a', by, answer });
  return { deps, answer };
}

test('declared by a person, from the worst finding, with all of them linked', async () => {
  const { deps, answer } = asked(watched(TCR), watched(REFUSALS, { severity: 'SEV1' }));
  const answered = await answer('U_ANA', 'declare');
  const [incident] = deps.store.incidents.all();
  expect(answered).toMatchObject({
    state: 'declared',
    answeredBy: 'U_ANA',
    answeredAt: NOW,
    incidentId: incident?.id,
  });
  expect(incident).toMatchObject({
    severity: 'SEV1',
    reason: `${REFUSALS} moved.`,
    declaredBy: { kind: 'person', id: 'U_ANA' },
    declareKey: 'support-agent:prp_a',
    findings: [TCR, REFUSALS],
  });
  expect(deps.store.entries.map((entry) => [entry.kind, entry.actor])).toEqual([
    ['declared', { kind: 'person', id: 'U_ANA' }],
    ['signal_attached', { kind: 'aire' }],
  ]);
  const linked = Object.values(deps.store.watches.get('support-agent')?.findings ?? {});
  expect(linked.map((finding) => finding.incidentId)).toEqual([incident?.id, incident?.id]);
  expect(deps.store.jobs.map((job) => job.kind)).toContain('proposal.show');
});

test('what recovered meanwhile is neither the reason nor linked', async () => {
  const { deps, answer } = asked(
    watched(TCR, { state: 'healthy', severity: 'SEV1', reason: 'Completion is back.' }),
    watched(REFUSALS),
  );
  await answer('U_ANA', 'declare');
  expect(deps.store.incidents.all()[0]).toMatchObject({
    severity: 'SEV2',
    reason: `${REFUSALS} moved.`,
    findings: [REFUSALS],
  });
  expect(deps.store.watches.get('support-agent')?.findings[TCR]?.incidentId).toBeUndefined();
});

test('when nothing of it is seen any more it can not be declared', async () => {
  const { deps, answer } = asked(watched(TCR, { state: 'healthy' }));
  await expect(answer('U_ANA', 'declare')).rejects.toThrow(
    'What was proposed is not seen any more. Declare it with /aire incident declare.',
  );
  expect(deps.store.incidents.all()).toEqual([]);
});

test('dismissed: no incident, and the findings stay linked to the answer', async () => {
  const { deps, answer } = asked(watched(TCR));
  expect(await answer('U_ANA', 'dismiss')).toMatchObject({ state: 'dismissed', answeredBy: 'U_ANA' });
  expect(deps.store.incidents.all()).toEqual([]);
  expect(deps.store.jobs.map((job) => job.kind)).toEqual(['proposal.show']);
  expect(deps.store.watches.get('support-agent')?.findings[TCR]?.proposalId).toBe('prp_a');
});

test.each([
  ['declare', 'declare', 'declared'],
  ['declare', 'dismiss', 'declared'],
  ['dismiss', 'declare', 'dismissed'],
] as const)('first %s, then %s: it stays %s', async (first, second, state) => {
  const { deps, answer } = asked(watched(TCR));
  await answer('U_ANA', first);
  const saves = deps.store.saves.length;
  expect(await answer('U_BEN', second)).toMatchObject({ state, answeredBy: 'U_ANA' });
  expect(deps.store.saves).toHaveLength(saves);
});

test('two people answering at the same moment: one incident, and both hear of it', async () => {
  const { deps, answer } = asked(watched(TCR));
  const [first, second] = await Promise.all([answer('U_ANA', 'declare'), answer('U_BEN', 'declare')]);
  expect(second).toMatchObject({ answeredBy: 'U_ANA', incidentId: first?.incidentId });
  expect(deps.store.incidents.all()).toHaveLength(1);
  expect(deps.store.saves).toEqual(['saved', 'conflict']);
});

test('an unknown question, and a service whose file is gone', async () => {
  const { deps, answer } = asked(watched(TCR));
  await expect(answerProposal(deps, { proposalId: 'prp_x', by: 'U_ANA', answer: 'declare' })).rejects.toThrow(
    'That question is not known here any more.',
  );
  deps.services = incidentDeps(aService({ service: 'other' })).services;
  await expect(answer('U_ANA', 'declare')).rejects.toThrow(
    'There is no service file for "support-agent" any more. Add it again, then restart aire.',
  );
});

test('joins the incident of its kind that somebody declared meanwhile, instead of opening a second', async () => {
  const { deps, answer } = asked(watched(TCR));
  deps.store.incidents.seed(anIncident({ kind: 'model_behavior', findings: [] }));
  const answered = await answer('U_ANA', 'declare');
  const incidents = deps.store.incidents.all();
  expect(incidents).toHaveLength(1);
  expect(incidents[0]?.findings).toEqual([TCR]);
  expect(answered).toMatchObject({ state: 'declared', incidentId: incidents[0]?.id });
});

test('control: an incident of another kind does not swallow it', async () => {
  const { deps, answer } = asked(watched(TCR));
  deps.store.incidents.seed(anIncident({ kind: 'cost', findings: [] }));
  await answer('U_ANA', 'declare');
  expect(deps.store.incidents.all()).toHaveLength(2);
});

test('what another replica declares while this one loads is seen, or the saving conflicts', async () => {
  const { deps } = asked(watched(TCR));
  const { store } = deps;
  let rivals = 1;
  const overtaken = {
    ...store,
    watch: async (service: string) => {
      if (rivals-- > 0)
        await declareIncident(deps, {
          service,
          title: 'Wrong answers',
          kind: 'model_behavior',
          severity: 'SEV2',
          by: 'U_BEN',
          onceKey: 'form',
        });
      return store.watch(service);
    },
  };
  await answerProposal(
    { ...deps, store: overtaken },
    { proposalId: 'prp_a', by: 'U_ANA', answer: 'declare' },
  );
  expect(store.incidents.all()).toHaveLength(1);
});

test('declared into an open incident that it makes worse: its owners are paged', async () => {
  const { deps: bare } = asked(watched(TCR, { severity: 'SEV1' }));
  const { services } = incidentDeps(aService({ owners: { team: 'ml', pagerduty_service: 'PSVC1' } }));
  const deps = { ...bare, services };
  deps.store.incidents.seed(anIncident({ severity: 'SEV3' }));
  await answerProposal(deps, { proposalId: 'prp_a', by: 'U_ANA', answer: 'declare' });
  expect(deps.store.incidents.all()).toMatchObject([{ severity: 'SEV1' }]);
  expect(deps.store.jobs.map((job) => job.kind)).toContain('incident.page');
});
