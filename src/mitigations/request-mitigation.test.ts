import { expect, test } from 'vitest';
import { contentHash } from '../ids.ts';
import { after, anIncident, NOW } from '../incidents/test-builders.ts';
import { MINUTE } from '../time.ts';
import { needsSecondPerson } from './request-mitigation.ts';
import { aDefinition, approve, current, mitigationDeps, request, run, said } from './test-builders.ts';

test('a request freezes its parameters, acknowledges the incident and asks for approval', async () => {
  const { deps, store } = mitigationDeps();
  const mitigation = await request(deps);
  expect(mitigation).toMatchObject({
    state: 'requested',
    twoPerson: true,
    requestedBy: 'U_ANA',
    requestedAt: NOW,
    expiresAt: after(30),
    parameters: { previous_good_model: 'v41' },
    request: {
      method: 'POST',
      url: 'https://deploy.internal/rollback',
      headers: { authorization: `Bearer \${AIRE_SECRET_DEPLOY}` },
      body: '{"to":"v41"}',
    },
  });
  expect(mitigation.parametersHash).toBe(contentHash(mitigation.request));
  expect(store.base.incidents.get('inc_a')?.acknowledgedAt).toEqual(NOW);
  expect(said(deps)).toEqual([
    'mitigation_requested: Requested: Roll back the model (previous good model v41). Reason: v42 answers worse',
  ]);
  expect(store.base.jobs.map(({ kind, dueAt }) => [kind, dueAt])).toEqual([
    ['mitigation.show', undefined],
    ['mitigation.deadline', after(30)],
    ['incident.show_card', undefined],
    ['incident.announce', undefined],
  ]);
});

test('a fact that changes later does not change what was requested', async () => {
  const { deps, store } = mitigationDeps();
  const mitigation = await request(deps);
  const incident = store.base.incidents.get('inc_a') ?? anIncident();
  store.base.incidents.seed({
    ...incident,
    facts: { previous_good_model: { value: 'v7', from: 'step:x', at: NOW } },
  });
  expect(current(deps, mitigation.id).request.body).toBe('{"to":"v41"}');
});

test('the same submission twice requests once', async () => {
  const { deps, store } = mitigationDeps();
  const [first, second] = await Promise.all([request(deps), request(deps)]);
  expect(second.id).toBe(first.id);
  expect(store.mitigations.all()).toHaveLength(1);
  expect(store.base.entries).toHaveLength(1);
  expect(store.base.saves).toEqual(['saved', 'conflict']);
});

test('two people requesting at the same moment leave one request', async () => {
  const { deps, store } = mitigationDeps();
  const results = await Promise.allSettled([
    request(deps),
    request(deps, { by: 'U_BEN', onceKey: 'click-2' }),
  ]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
  expect(store.mitigations.all()).toHaveLength(1);
});

test('a missing value refuses the request and says what to set', async () => {
  const { deps, store } = mitigationDeps({ incident: { facts: {} } });
  await expect(request(deps)).rejects.toThrow(
    'The value {{facts.previous_good_model}} is not known yet. Set the fact "previous_good_model" first (a change signal or a step sets it).',
  );
  expect(store.base.saves).toEqual([]);
});

test('an unknown mitigation or incident is refused', async () => {
  const { deps } = mitigationDeps();
  await expect(request(deps, { name: 'restart' })).rejects.toThrow(
    'support-agent has no mitigation "restart".',
  );
  await expect(request(deps, { incidentId: 'inc_x' })).rejects.toThrow('That incident is not known here.');
});

test('an incident that is not open is refused', async () => {
  const { deps } = mitigationDeps({ incident: { phase: 'post_incident' } });
  await expect(request(deps)).rejects.toThrow(
    'Roll back the model: INC-12 is not open any more. Reopen it first.',
  );
});

test('one mitigation at a time', async () => {
  const { deps } = mitigationDeps();
  await request(deps);
  await expect(request(deps, { onceKey: 'click-2' })).rejects.toThrow(
    'Roll back the model: “Roll back the model” is requested for this incident; wait for its end or reject it.',
  );
});

/** It ran and ended, so that another may be requested as far as the one-at-a-time rule goes. */
async function ranBefore(times: number, cooldown = '10m') {
  const made = mitigationDeps({ definition: { limits: { per_incident: 2, cooldown } } });
  for (let n = 0; n < times; n++) {
    const id = `mit_${n}`;
    made.store.mitigations.seed({
      ...(await run(mitigationDeps().deps)),
      id,
      state: 'failed',
      sentAt: made.clock.now(),
    });
  }
  return made;
}

test('the cooldown is counted from the last time it was sent', async () => {
  const { deps, clock } = await ranBefore(1);
  clock.advance(4 * MINUTE);
  await expect(request(deps)).rejects.toThrow(
    'Roll back the model: it ran a moment ago; it may run again in 6 min (limits.cooldown).',
  );
  clock.advance(6 * MINUTE - 1);
  await expect(request(deps)).rejects.toThrow('limits.cooldown');
  clock.advance(1);
  await expect(request(deps)).resolves.toMatchObject({ state: 'requested' });
});

test('the limit for one incident', async () => {
  const { deps, clock } = await ranBefore(2);
  clock.advance(60 * MINUTE);
  await expect(request(deps)).rejects.toThrow(
    'Roll back the model: it ran 2 times for INC-12 already, which is the limit (limits.per_incident).',
  );
});

test('what was never sent counts neither for the limit nor for the cooldown', async () => {
  const { deps, store } = await ranBefore(2);
  for (const row of store.mitigations.all()) {
    const { sentAt: _sent, ...unsent } = row;
    store.mitigations.seed({ ...unsent, state: 'rejected' });
  }
  await expect(request(deps)).resolves.toMatchObject({ state: 'requested' });
});

test.each([
  ['high_risk', 'high', true],
  ['high_risk', 'low', false],
  ['always', 'low', true],
  ['always', 'high', true],
  ['never', 'high', false],
  ['never', 'low', false],
] as const)('two_person %s, risk %s: second person %s', (two_person, risk, expected) => {
  const { deps } = mitigationDeps({ approval: { two_person } });
  const service = deps.services.get('support-agent');
  expect(service && needsSecondPerson(service, aDefinition({ risk }))).toBe(expected);
});

test.each([
  [{ two_person: 'never' }, 'high', 'the service file says two_person: never'],
  [{ two_person: 'high_risk' }, 'low', 'low risk needs no second person'],
] as const)(
  'without a second person the request approves, and the timeline says why: %j',
  async (approval, risk, why) => {
    const { deps, store } = mitigationDeps({ approval, definition: { risk } });
    const mitigation = await request(deps);
    expect(mitigation).toMatchObject({ state: 'approved', decidedBy: 'U_ANA', decidedAt: NOW });
    expect(said(deps)[1]).toBe(`mitigation_approved: Approved by its requester: ${why}.`);
    expect(store.base.jobs.map((job) => job.kind)).toContain('mitigation.send');
  },
);

test('with a second person nothing is sent before the approval', async () => {
  const { deps, store } = mitigationDeps();
  const mitigation = await request(deps);
  expect(store.base.jobs.map((job) => job.kind)).not.toContain('mitigation.send');
  await approve(deps, mitigation);
  expect(store.base.jobs.map((job) => job.kind)).toContain('mitigation.send');
});
