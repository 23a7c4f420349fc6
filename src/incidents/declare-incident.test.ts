import { expect, test } from 'vitest';
import { type DeclareInput, declareIncident } from './declare-incident.ts';
import { after, anIncident, incidentDeps, NOW } from './test-builders.ts';

const input: DeclareInput = {
  service: 'support-agent',
  title: '  Refunds are answered wrongly ',
  kind: 'model_behavior',
  severity: 'SEV2',
  by: 'U_ANA',
  onceKey: 'trigger-1',
};

test('a person declares: an incident in triage, its channel and its card', async () => {
  const deps = incidentDeps();
  const { incidentId } = await declareIncident(deps, { ...input, reason: ' three tickets ' });
  expect(deps.store.incidents.get(incidentId)).toMatchObject({
    number: 1,
    title: 'Refunds are answered wrongly',
    reason: 'three tickets',
    phase: 'triage',
    severity: 'SEV2',
    declaredBy: { kind: 'person', id: 'U_ANA' },
    startedAt: NOW,
    detectedAt: NOW,
    declaredAt: NOW,
    findings: [],
  });
  expect(deps.store.entries.map((entry) => entry.text)).toEqual(['Declared SEV2: three tickets']);
  expect(deps.store.jobs.map((job) => job.kind)).toEqual([
    'incident.announce',
    'incident.open_channel',
    'incident.show_card',
    'service.evaluate',
    ...Array(4).fill('incident.remind'),
  ]);
});

test('without a reason the title is the reason', async () => {
  const deps = incidentDeps();
  const { incidentId } = await declareIncident(deps, { ...input, reason: '  ' });
  expect(deps.store.incidents.get(incidentId)?.reason).toBe('Refunds are answered wrongly');
});

test('the same submission again, at once or later, is the same incident', async () => {
  const deps = incidentDeps();
  const both = await Promise.all([declareIncident(deps, input), declareIncident(deps, input)]);
  const later = await declareIncident(deps, input);
  expect(new Set([...both, later].map((each) => each.incidentId)).size).toBe(1);
  expect(deps.store.incidents.all()).toHaveLength(1);
  expect(deps.store.saves).toEqual(['saved', 'conflict']);
});

test('another of the same kind is refused, with where to work', async () => {
  const deps = incidentDeps();
  deps.store.incidents.seed(anIncident());
  await expect(declareIncident(deps, input)).rejects.toThrow(
    'INC-12 (SEV2) of this kind is open for support-agent: Eval score drop. Work there, or choose another kind for a separate incident.',
  );
  await expect(declareIncident(deps, { ...input, kind: 'cost' })).resolves.toBeDefined();
});

test.each(['post_incident', 'closed', 'cancelled'] as const)('one that is %s is no rival', async (phase) => {
  const deps = incidentDeps();
  deps.store.incidents.seed(anIncident({ phase, resolvedAt: after(-1) }));
  await expect(declareIncident(deps, input)).resolves.toBeDefined();
});

test('two people declaring the same kind at the same moment: one incident', async () => {
  const deps = incidentDeps();
  const results = await Promise.allSettled([
    declareIncident(deps, input),
    declareIncident(deps, { ...input, by: 'U_BEN', onceKey: 'trigger-2' }),
  ]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
  expect(deps.store.incidents.all()).toHaveLength(1);
});

test('no title, no service', async () => {
  const deps = incidentDeps();
  expect(() => declareIncident(deps, { ...input, title: ' ' })).toThrow('Say in a few words what is wrong.');
  expect(() => declareIncident(deps, { ...input, service: 'nope' })).toThrow('There is no service "nope".');
});

test('what another replica declares while this one loads is seen, or the saving conflicts', async () => {
  const deps = incidentDeps();
  const { store } = deps;
  let rivals = 1;
  const rival = () => declareIncident({ ...deps, store }, { ...input, onceKey: 'another form' });
  const overtaken = {
    ...store,
    watch: async (service: string) => {
      if (rivals-- > 0) await rival();
      return store.watch(service);
    },
  };
  await expect(declareIncident({ ...deps, store: overtaken }, input)).rejects.toThrow('is open');
  expect(store.incidents.all()).toHaveLength(1);
});
