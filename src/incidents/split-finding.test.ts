import { expect, test } from 'vitest';
import { splitFinding } from './split-finding.ts';
import { after, anIncident, incidentDeps, NOW } from './test-builders.ts';
import type { WatchedFinding } from './watch.ts';

const TCR = 'eval_score_drop:task_completion_rate';
const REFUSALS = 'eval_score_drop:refusal_rate';

function attached() {
  const deps = incidentDeps();
  const finding = (key: string): WatchedFinding => ({
    key,
    trigger: 'eval_score_drop',
    state: 'firing',
    severity: 'SEV1',
    reason: `${key} moved.`,
    since: after(-5),
    incidentId: 'inc_a',
  });
  deps.store.incidents.seed(anIncident({ findings: [TCR, REFUSALS] }));
  deps.store.watches.seed({
    service: 'support-agent',
    version: 1,
    findings: { [TCR]: finding(TCR), [REFUSALS]: finding(REFUSALS) },
  });
  return deps;
}

const split = (deps: ReturnType<typeof attached>, finding: string) =>
  splitFinding(deps, { incidentId: 'inc_a', finding, by: 'U_ANA' });

test('an attached signal leaves and opens its own incident', async () => {
  const deps = attached();
  const { incidentId } = await split(deps, REFUSALS);
  expect(deps.store.incidents.get('inc_a')?.findings).toEqual([TCR]);
  expect(deps.store.incidents.get(incidentId)).toMatchObject({
    findings: [REFUSALS],
    severity: 'SEV1',
    phase: 'triage',
    declaredBy: { kind: 'person', id: 'U_ANA' },
    declaredAt: NOW,
  });
  expect(deps.store.watches.get('support-agent')?.findings[REFUSALS]?.incidentId).toBe(incidentId);
  expect(deps.store.watches.get('support-agent')?.findings[TCR]?.incidentId).toBe('inc_a');
  expect(deps.store.entries.map((entry) => [entry.incidentId, entry.text])).toEqual([
    ['inc_a', `Split off as a separate incident: ${REFUSALS} moved.`],
    [incidentId, `Declared SEV1: ${REFUSALS} moved.`],
  ]);
});

test('the signal it was declared for stays', async () => {
  await expect(split(attached(), TCR)).rejects.toThrow(
    "INC-12 was declared for this signal; it can't be split off.",
  );
});

test('two clicks, one split', async () => {
  const deps = attached();
  const results = await Promise.allSettled([split(deps, REFUSALS), split(deps, REFUSALS)]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
  expect(deps.store.incidents.all()).toHaveLength(2);
  await expect(split(deps, REFUSALS)).rejects.toThrow('That signal is no longer attached to INC-12.');
});

test('a signal that was never attached, and an unknown incident', async () => {
  const deps = attached();
  await expect(split(deps, 'other')).rejects.toThrow('That signal is no longer attached to INC-12.');
  await expect(splitFinding(deps, { incidentId: 'inc_x', finding: TCR, by: 'U_ANA' })).rejects.toThrow(
    'That incident is not known here.',
  );
});
