import { expect, test } from 'vitest';
import { after, NOW } from '../incidents/test-builders.ts';
import { MINUTE } from '../time.ts';
import { type DecideInput, decideMitigation } from './decide-mitigation.ts';
import type { Mitigation } from './mitigation.ts';
import { anybody, approve, current, mitigationDeps, request, said, type TestDeps } from './test-builders.ts';

function decide(
  deps: TestDeps,
  mitigation: Mitigation,
  over: Partial<DecideInput> = {},
  approvers = anybody,
) {
  return decideMitigation(deps, approvers, {
    mitigationId: mitigation.id,
    by: 'U_BEN',
    decision: 'approve',
    parametersHash: mitigation.parametersHash,
    ...over,
  });
}

async function requested(over: Parameters<typeof mitigationDeps>[0] = {}) {
  const made = mitigationDeps(over);
  return { ...made, mitigation: await request(made.deps) };
}

test('another person approves these exact parameters: it is sent', async () => {
  const { deps, store, mitigation } = await requested();
  const approved = await decide(deps, mitigation);
  expect(approved).toMatchObject({ state: 'approved', decidedBy: 'U_BEN', decidedAt: NOW });
  expect(store.base.entries.at(-1)).toMatchObject({
    kind: 'mitigation_approved',
    text: 'Approved: Roll back the model.',
    actor: { kind: 'person', id: 'U_BEN' },
    data: { mitigation: mitigation.id, parameters: mitigation.parametersHash },
  });
  expect(store.base.jobs.map((job) => job.key)).toContain(`send:${mitigation.id}`);
});

const refusals: readonly [string, Partial<DecideInput>, number, string][] = [
  [
    'the requester',
    { by: 'U_ANA' },
    0,
    'You requested “Roll back the model”; somebody else has to approve it.',
  ],
  [
    'other parameters than were shown',
    { parametersHash: 'other' },
    0,
    '“Roll back the model” is not what you were shown any more. Look at its card again.',
  ],
  ['an expired request', {}, 30, 'The request for “Roll back the model” has expired. Request it again.'],
];
test.each(refusals)('%s cannot be approved', async (_what, over, minutes, message) => {
  const { deps, clock, store, mitigation } = await requested();
  clock.advance(minutes * MINUTE);
  await expect(decide(deps, mitigation, over)).rejects.toThrow(message);
  expect(current(deps, mitigation.id).state).toBe('requested');
  expect(store.base.jobs.map((job) => job.kind)).not.toContain('mitigation.send');
});

test('one moment before it expires an approval still counts', async () => {
  const { deps, clock, mitigation } = await requested();
  clock.set(new Date(after(30).getTime() - 1));
  await expect(decide(deps, mitigation)).resolves.toMatchObject({ state: 'approved' });
});

test.each(['approve', 'reject'] as const)('only approvers, asked live, may %s', async (decision) => {
  const { deps, mitigation } = await requested({ approval: { approvers: ['ana@example.com', '@ml'] } });
  const asked: unknown[] = [];
  const nobody = {
    isOneOf: async (person: string, approvers: readonly string[]) => {
      asked.push([person, approvers]);
      return false;
    },
  };
  await expect(decide(deps, mitigation, { decision }, nobody)).rejects.toThrow(
    'Only ana@example.com, @ml may approve or reject “Roll back the model” (approval.approvers in the service file).',
  );
  expect(asked).toEqual([['U_BEN', ['ana@example.com', '@ml']]]);
  expect(current(deps, mitigation.id).state).toBe('requested');
  await expect(decide(deps, mitigation, { decision })).resolves.toMatchObject({ decidedBy: 'U_BEN' });
});

test('without named approvers the directory is not asked', async () => {
  const { deps, mitigation } = await requested();
  const away = { isOneOf: () => Promise.reject(new Error('Slack is away')) };
  await expect(decide(deps, mitigation, {}, away)).resolves.toMatchObject({ state: 'approved' });
});

test('a directory that is away decides nothing', async () => {
  const { deps, mitigation } = await requested({ approval: { approvers: ['@ml'] } });
  const away = { isOneOf: () => Promise.reject(new Error('Slack is away')) };
  await expect(decide(deps, mitigation, {}, away)).rejects.toThrow('Slack is away');
  expect(current(deps, mitigation.id).state).toBe('requested');
});

test('a rejection ends it; the requester may withdraw that way', async () => {
  const { deps, store, mitigation } = await requested();
  const rejected = await decide(deps, mitigation, { by: 'U_ANA', decision: 'reject' });
  expect(rejected).toMatchObject({ state: 'rejected', decidedBy: 'U_ANA', endedAt: NOW });
  expect(said(deps).at(-1)).toBe('mitigation_rejected: Rejected: Roll back the model.');
  expect(store.base.jobs.map((job) => job.kind)).not.toContain('mitigation.send');
});

test('the same click twice changes nothing; another person hears what it is already', async () => {
  const { deps, store, mitigation } = await requested();
  await approve(deps, mitigation);
  const before = store.base.saves.length;
  await expect(approve(deps, mitigation)).resolves.toMatchObject({ state: 'approved' });
  expect(store.base.saves).toHaveLength(before);
  await expect(decide(deps, mitigation, { by: 'U_CAM', decision: 'reject' })).rejects.toThrow(
    '“Roll back the model” is approved already; nothing was changed.',
  );
});

test('approval and rejection at the same moment: one counts', async () => {
  const { deps, store, mitigation } = await requested();
  const results = await Promise.allSettled([
    decide(deps, mitigation),
    decide(deps, mitigation, { by: 'U_CAM', decision: 'reject' }),
  ]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
  expect(store.base.saves.filter((save) => save === 'conflict')).toHaveLength(1);
  expect(current(deps, mitigation.id)).toMatchObject({ state: 'approved', decidedBy: 'U_BEN' });
});
