import { expect, test } from 'vitest';
import { after, anIncident, NOW } from '../incidents/test-builders.ts';
import { MINUTE } from '../time.ts';
import type { Mitigation } from './mitigation.ts';
import { recordAnswer, settleUnknown } from './record-answer.ts';
import { current, type MitigationCase, mitigationDeps, run, said } from './test-builders.ts';
import { checkMitigation } from './verify-mitigation.ts';

/** Sent and taken; the target will report back. */
async function sent(over: MitigationCase = {}) {
  const made = mitigationDeps({ definition: { confirm: { callback: { timeout: '5m' } } }, ...over });
  const { id } = await run(made.deps);
  return { ...made, id, now: (): Mitigation => current(made.deps, id), last: () => said(made.deps).at(-1) };
}

test('succeeded at the target: what remains is the proof', async () => {
  const { deps, store, clock, id, now, last } = await sent();
  clock.advance(2 * MINUTE);
  expect(await recordAnswer(deps, id, { attempt: 1, status: 'succeeded' })).toBe(true);
  expect(now()).toMatchObject({
    state: 'verifying',
    ranAt: after(2),
    detail: 'The target reports: succeeded.',
  });
  expect(last()).toBe('mitigation_answered: Ran: Roll back the model. The target reports: succeeded.');
  expect(store.base.entries.at(-1)?.actor).toEqual({ kind: 'system', name: 'target' });
  expect(store.base.jobs.at(-1)).toMatchObject({ kind: 'mitigation.deadline', dueAt: after(32) });
});

test('failed at the target', async () => {
  const { deps, id, now, last } = await sent();
  expect(await recordAnswer(deps, id, { attempt: 1, status: 'failed', detail: 'v41 is gone' })).toBe(true);
  expect(now()).toMatchObject({ state: 'failed', endedAt: NOW });
  expect(last()).toBe(
    'mitigation_failed: Failed: Roll back the model. The target reports failed: v41 is gone.',
  );
});

test('running is told, and changes nothing else', async () => {
  const { deps, id, now } = await sent();
  expect(await recordAnswer(deps, id, { attempt: 1, status: 'running', detail: 'draining' })).toBe(true);
  expect(now()).toMatchObject({ state: 'running', detail: 'The target reports running: draining.' });
});

test.each(['succeeded', 'failed', 'running'] as const)(
  'a second report (%s) changes nothing',
  async (status) => {
    const { deps, store, id } = await sent();
    await recordAnswer(deps, id, { attempt: 1, status: 'succeeded' });
    const before = [current(deps, id), store.base.entries.length, store.base.saves.length];
    expect(await recordAnswer(deps, id, { attempt: 1, status })).toBe(false);
    expect([current(deps, id), store.base.entries.length, store.base.saves.length]).toEqual(before);
  },
);

test('two reports at the same moment: one is taken', async () => {
  const { deps, id, now } = await sent();
  const taken = await Promise.all([
    recordAnswer(deps, id, { attempt: 1, status: 'succeeded' }),
    recordAnswer(deps, id, { attempt: 1, status: 'failed' }),
  ]);
  expect(taken).toEqual([true, false]);
  expect(now().state).toBe('verifying');
});

test('a report for another attempt belongs to no run of ours', async () => {
  const { deps, id, now } = await sent();
  expect(await recordAnswer(deps, id, { attempt: 2, status: 'failed' })).toBe(false);
  expect(now().state).toBe('running');
});

test('a report for an unknown mitigation is refused', async () => {
  const { deps } = await sent();
  await expect(recordAnswer(deps, 'mit_x', { attempt: 1, status: 'failed' })).rejects.toThrow(
    'That mitigation is not known here.',
  );
});

test("with no SLI to prove it against, the target's word is no proof; that of a person who looked is", async () => {
  const { deps, store, id, now } = await sent();
  store.base.incidents.seed(anIncident({ phase: 'mitigate', version: 9 }));
  const unproven =
    'There is nothing to verify it against: the incident names no SLI and the mitigation no verify.sli.';
  await recordAnswer(deps, id, { attempt: 1, status: 'succeeded' });
  expect(now()).toMatchObject({
    state: 'unknown',
    detail: `The target reports: succeeded. ${unproven}`,
  });
  expect(store.base.incidents.get('inc_a')?.mitigatedAt).toBeUndefined();
  await settleUnknown(deps, { mitigationId: id, by: 'U_ANA', happened: true });
  expect(now()).toMatchObject({
    state: 'succeeded',
    detail: `Somebody looked: it happened. ${unproven}`,
  });
  expect(store.base.incidents.get('inc_a')?.mitigatedAt).toEqual(NOW);
});

/** The target never reported back. */
async function unknown() {
  const made = await sent();
  made.clock.advance(5 * MINUTE);
  await checkMitigation(made.deps, made.id);
  expect(made.now().state).toBe('unknown');
  return made;
}

test('somebody looked, and it did not happen: failed', async () => {
  const { deps, id, now, last } = await unknown();
  await settleUnknown(deps, { mitigationId: id, by: 'U_ANA', happened: false });
  expect(now().state).toBe('failed');
  expect(last()).toBe('mitigation_failed: Failed: Roll back the model. Somebody looked: it did not happen.');
});

test('somebody looked, and it happened: it is verified from now, each time with a deadline of its own', async () => {
  const { deps, store, clock, id, now } = await unknown();
  const deadlines = () =>
    store.base.jobs.filter((job) => job.kind === 'mitigation.deadline').map((job) => job.dueAt);
  await settleUnknown(deps, { mitigationId: id, by: 'U_ANA', happened: true });
  expect(now()).toMatchObject({ state: 'verifying', ranAt: after(5) });
  expect(deadlines()).toContainEqual(after(35));
  clock.advance(30 * MINUTE);
  await checkMitigation(deps, id);
  expect(now().state).toBe('unknown');
  await settleUnknown(deps, { mitigationId: id, by: 'U_ANA', happened: true });
  expect(deadlines()).toContainEqual(after(65));
});

test('only an unknown outcome can be settled', async () => {
  const { deps, id } = await sent();
  await expect(settleUnknown(deps, { mitigationId: id, by: 'U_ANA', happened: true })).rejects.toThrow(
    '“Roll back the model” is running already; nothing was changed.',
  );
});
