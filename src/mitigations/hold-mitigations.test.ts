import { expect, test } from 'vitest';
import { NOW } from '../incidents/test-builders.ts';
import { MINUTE } from '../time.ts';
import { executeMitigation } from './execute-mitigation.ts';
import { noticeRestore, releaseMitigations, sendHeldMitigations } from './hold-mitigations.ts';
import {
  accepted,
  approve,
  createTarget,
  current,
  type MitigationCase,
  mitigationDeps,
  request,
} from './test-builders.ts';
import { checkMitigation } from './verify-mitigation.ts';

const at = (current: string) => ({ current, whyMoved: (before: string) => `It was ${before}.` });
const since = NOW.toISOString();

/** An approved mitigation on a database that was at home before it was started elsewhere. */
async function restored(over: MitigationCase = {}, place = 'elsewhere') {
  const made = mitigationDeps(over);
  await noticeRestore(made.deps, at('home'));
  const { id } = await request(made.deps);
  await approve(made.deps, current(made.deps, id));
  const noticed = await noticeRestore(made.deps, at(place));
  const { jobs } = made.store.base;
  const target = createTarget(accepted);
  const execute = () => executeMitigation(made.deps, target, id, false);
  return { ...made, id, noticed, jobs, target, execute, now: () => current(made.deps, id) };
}

test('the first start and each start in the same place hold nothing (control)', async () => {
  const { noticed, store, jobs, target, execute } = await restored({}, 'home');
  expect(noticed).toBe('same');
  expect(store.installations.get('only')).toMatchObject({ place: 'home', version: 1 });
  expect(jobs.map((job) => job.kind)).not.toContain('mitigation_hold.show');
  await execute();
  expect(target.sent).toHaveLength(1);
});

test('in another place an approved mitigation is not sent before a person releases it, then once', async () => {
  const { deps, noticed, jobs, target, execute, id, now } = await restored();
  expect(noticed).toBe('moved');
  expect(await execute()).toEqual({ kind: 'done' });
  expect(target.sent).toEqual([]);
  expect(now().state).toBe('approved');

  const hold = await releaseMitigations(deps, { by: 'U_ANA', since });
  expect(hold).toMatchObject({ reason: 'It was home.', releasedBy: 'U_ANA' });
  expect(jobs.map((job) => job.kind)).toContain('mitigation.send_held');
  await sendHeldMitigations(deps, since);
  // Another key than that of the first sending, which ended without one and is never inserted again.
  const keys = jobs.filter((job) => job.kind === 'mitigation.send').map((job) => job.key);
  expect(keys).toEqual([`send:${id}`, `send:${id}:${since}`]);
  await execute();
  await execute();
  expect(target.sent).toHaveLength(1);
});

test('the start after the one that noticed still holds, and notices nothing new', async () => {
  const { deps, target, execute } = await restored();
  expect(await noticeRestore(deps, at('elsewhere'))).toBe('same');
  await execute();
  expect(target.sent).toEqual([]);
});

test('two replicas that start at the same moment notice once', async () => {
  const { deps, jobs } = await restored({}, 'home');
  const noticed = await Promise.all([1, 2].map(() => noticeRestore(deps, at('elsewhere'))));
  expect(noticed.toSorted()).toEqual(['moved', 'same']);
  expect(jobs.filter((job) => job.kind === 'mitigation_hold.show')).toHaveLength(1);
});

test.each(['header', 'none'] as const)(
  'one that was being sent (%s) is not sent again: its outcome is unknown',
  async (idempotency) => {
    const made = mitigationDeps({ definition: { idempotency } });
    await noticeRestore(made.deps, at('home'));
    const { id } = await request(made.deps);
    await approve(made.deps, current(made.deps, id));
    await expect(executeMitigation(made.deps, createTarget(), id, false)).rejects.toThrow('died');
    await noticeRestore(made.deps, at('elsewhere'));
    const target = createTarget(accepted);
    await executeMitigation(made.deps, target, id, false);
    expect(target.sent).toEqual([]);
    expect(current(made.deps, id).state).toBe('unknown');
  },
);

test('its approval runs out while it is held', async () => {
  const { deps, clock, jobs, execute, id, now } = await restored();
  await execute();
  expect(jobs.filter((job) => job.kind === 'mitigation.deadline').map((job) => job.dueAt)).toContainEqual(
    now().expiresAt,
  );
  clock.advance(30 * MINUTE);
  await checkMitigation(deps, id);
  expect(now()).toMatchObject({
    state: 'expired',
    detail: 'Not sent: the approval has expired. Request it again.',
  });
});

test('a release is for the restore that the person saw; the second person hears who was faster', async () => {
  const { deps, clock } = await restored();
  clock.advance(MINUTE);
  await noticeRestore(deps, at('a third place'));
  await expect(releaseMitigations(deps, { by: 'U_ANA', since })).rejects.toMatchObject({
    code: 'not_allowed_now',
  });
  const newest = clock.now().toISOString();
  await releaseMitigations(deps, { by: 'U_BEN', since: newest });
  expect(await releaseMitigations(deps, { by: 'U_ANA', since: newest })).toMatchObject({
    releasedBy: 'U_BEN',
  });
});
