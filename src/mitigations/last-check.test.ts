import { expect, test } from 'vitest';
import type { Incident } from '../incidents/incident.ts';
import { MINUTE } from '../time.ts';
import { executeMitigation } from './execute-mitigation.ts';
import type { Mitigation } from './mitigation.ts';
import { accepted, approve, createTarget, current, mitigationDeps, request } from './test-builders.ts';

/** Policy is checked once more when it is sent: whatever reached the database, these are not sent. */
const cases: readonly [string, (m: Mitigation) => Mitigation, Partial<Incident>, number, string][] = [
  ['nobody approved', undecided, {}, 0, 'Not sent: nobody approved it.'],
  [
    'its requester approved it',
    (m) => ({ ...m, decidedBy: m.requestedBy }),
    {},
    0,
    'Not sent: it was approved by its requester.',
  ],
  [
    'its body was changed',
    (m) => ({ ...m, request: { ...m.request, body: '{"to":"v1"}' } }),
    {},
    0,
    'Not sent: its parameters are not the approved ones.',
  ],
  [
    'its address was changed',
    (m) => ({ ...m, request: { ...m.request, url: 'https://evil.example/' } }),
    {},
    0,
    'Not sent: its parameters are not the approved ones.',
  ],
  [
    'a header was added',
    (m) => ({ ...m, request: { ...m.request, headers: { ...m.request.headers, 'x-more': '1' } } }),
    {},
    0,
    'Not sent: its parameters are not the approved ones.',
  ],
  ['the approval expired', (m) => m, {}, 30, 'Not sent: the approval has expired. Request it again.'],
  [
    'the incident was resolved',
    (m) => m,
    { phase: 'post_incident' },
    0,
    'Not sent: the incident is not open any more.',
  ],
  [
    'the incident was cancelled',
    (m) => m,
    { phase: 'cancelled' },
    0,
    'Not sent: the incident is not open any more.',
  ],
];

function undecided(mitigation: Mitigation): Mitigation {
  const { decidedBy: _by, decidedAt: _at, ...rest } = mitigation;
  return rest;
}

test.each(cases)('not sent when %s', async (_when, tamper, incident, minutes, detail) => {
  const { deps, store, clock } = mitigationDeps();
  const { id } = await request(deps);
  await approve(deps, current(deps, id));
  store.mitigations.seed(tamper(current(deps, id)));
  const known = store.base.incidents.get('inc_a');
  if (known !== undefined) store.base.incidents.seed({ ...known, ...incident });
  clock.advance(minutes * MINUTE);
  const target = createTarget(accepted);
  expect(await executeMitigation(deps, target, id, false)).toEqual({ kind: 'done' });
  expect(target.sent).toEqual([]);
  expect(current(deps, id)).toMatchObject({ state: 'expired', detail });
});

test('the same without tampering is sent', async () => {
  const { deps } = mitigationDeps();
  const { id } = await request(deps);
  await approve(deps, current(deps, id));
  const target = createTarget(accepted);
  await executeMitigation(deps, target, id, false);
  expect(target.sent).toHaveLength(1);
});

test.each(['requested', 'rejected', 'expired', 'succeeded', 'failed', 'unknown', 'verifying'] as const)(
  'a mitigation that is %s is not sent',
  async (state) => {
    const { deps, store } = mitigationDeps();
    const { id } = await request(deps);
    await approve(deps, current(deps, id));
    store.mitigations.seed({ ...current(deps, id), state });
    const target = createTarget(accepted);
    expect(await executeMitigation(deps, target, id, false)).toEqual({ kind: 'done' });
    expect(target.sent).toEqual([]);
    expect(current(deps, id).state).toBe(state);
  },
);

test('one person suffices where policy asks for no second one', async () => {
  const { deps } = mitigationDeps({ approval: { two_person: 'never' } });
  const { id } = await request(deps);
  const target = createTarget(accepted);
  await executeMitigation(deps, target, id, false);
  expect(target.sent).toHaveLength(1);
});
