import { expect, test } from 'vitest';
import { after, NOW } from '../incidents/test-builders.ts';
import { MINUTE } from '../time.ts';
import { executeMitigation } from './execute-mitigation.ts';
import type { SendOutcome } from './ports.ts';
import { recordAnswer } from './record-answer.ts';
import {
  accepted,
  approve,
  createTarget,
  current,
  type MitigationCase,
  mitigationDeps,
  request,
  said,
} from './test-builders.ts';

const notSent: SendOutcome = { kind: 'not_sent', detail: 'Connection refused.' };
const ambiguous: SendOutcome = { kind: 'ambiguous', detail: 'The answer never came.' };
const KINDS = ['header', 'converges', 'none'] as const;

async function approved(over: MitigationCase = {}) {
  const made = mitigationDeps(over);
  const requested = await request(made.deps);
  await approve(made.deps, requested);
  const { id } = requested;
  return { ...made, id, now: () => current(made.deps, id), last: () => said(made.deps).at(-1) };
}

test('taken by the target: it is being verified, and the deadline is set', async () => {
  const { deps, store, id, now, last } = await approved();
  const target = createTarget(accepted);
  expect(await executeMitigation(deps, target, id, false)).toEqual({ kind: 'done' });
  expect(target.sent).toHaveLength(1);
  expect(target.sent[0]).toMatchObject({ id, state: 'running', request: now().request });
  expect(now()).toMatchObject({ state: 'verifying', sentAt: NOW, ranAt: NOW });
  expect(last()).toBe('mitigation_answered: Ran: Roll back the model. The target answered 200.');
  expect(
    store.base.jobs.find((job) => job.kind === 'mitigation.deadline' && job.key?.includes('verification')),
  ).toMatchObject({ dueAt: after(30) });
});

test('that it is about to be sent is stored before it is sent', async () => {
  const { deps, id, now } = await approved();
  let seen: string | undefined;
  const target = {
    send: async () => {
      seen = now().state;
      return accepted;
    },
  };
  await executeMitigation(deps, target, id, false);
  expect(seen).toBe('running');
});

test('with a callback it stays running until the target reports', async () => {
  const { deps, store, id, now, last } = await approved({
    definition: { confirm: { callback: { timeout: '5m' } } },
  });
  await executeMitigation(deps, createTarget(accepted), id, false);
  expect(now()).toMatchObject({ state: 'running', detail: 'The target answered 200.' });
  expect(last()).toBe('mitigation_sent: Sent: Roll back the model. The target answered 200.');
  expect(store.base.jobs.find((job) => job.key?.startsWith('deadline:answer'))?.dueAt).toEqual(after(5));
});

test('a report that overtakes the answer to the request is kept', async () => {
  const { deps, id, now } = await approved({ definition: { confirm: { callback: { timeout: '5m' } } } });
  const target = createTarget(async () => {
    await recordAnswer(deps, id, { attempt: 1, status: 'failed', detail: 'no such version' });
    return accepted;
  });
  expect(await executeMitigation(deps, target, id, false)).toEqual({ kind: 'done' });
  expect(now()).toMatchObject({
    state: 'failed',
    detail: 'The target reports failed: no such version.',
  });
});

test('refused by the target: failed, nothing to retry', async () => {
  const { deps, id, now, last } = await approved();
  const target = createTarget({ kind: 'refused', detail: 'The target refused with 404.' });
  expect(await executeMitigation(deps, target, id, false)).toEqual({ kind: 'done' });
  expect(now()).toMatchObject({ state: 'failed', endedAt: NOW });
  expect(last()).toBe('mitigation_failed: Failed: Roll back the model. The target refused with 404.');
});

test.each(KINDS)('not sent (%s): tried again, then failed in so many words', async (idempotency) => {
  const { deps, id, now, last } = await approved({ definition: { idempotency } });
  const target = createTarget(notSent);
  const retry = { kind: 'retry', reason: 'Connection refused.' };
  expect(await executeMitigation(deps, target, id, false)).toEqual(retry);
  expect(await executeMitigation(deps, target, id, false)).toEqual(retry);
  expect(await executeMitigation(deps, target, id, true)).toEqual({ kind: 'done' });
  expect(target.sent).toHaveLength(3);
  expect(now().state).toBe('failed');
  expect(now().sentAt).toBeUndefined();
  expect(last()).toBe(
    'mitigation_failed: Failed: Roll back the model. It could not be sent: Connection refused.',
  );
});

test('not sent and the approval expires meanwhile: expired, not unknown', async () => {
  const { deps, clock, id, now } = await approved();
  await executeMitigation(deps, createTarget(notSent), id, false);
  clock.advance(30 * MINUTE);
  await executeMitigation(deps, createTarget(accepted), id, false);
  expect(now()).toMatchObject({
    state: 'expired',
    detail: 'Not sent: the approval has expired. Request it again.',
  });
});

test('a stalled attempt that was not sent does not undo the one that took over', async () => {
  const { deps, id, now } = await approved();
  const takeover = createTarget(ambiguous);
  const stalled = createTarget(async () => {
    await executeMitigation(deps, takeover, id, false);
    return notSent;
  });
  expect(await executeMitigation(deps, stalled, id, false)).toMatchObject({ kind: 'retry' });
  expect(now().state).toBe('running');
});

test('ambiguous, then not sent at the last try: unknown, because the first may have happened', async () => {
  const { deps, id, now } = await approved();
  const target = createTarget(ambiguous, notSent);
  await executeMitigation(deps, target, id, false);
  await executeMitigation(deps, target, id, true);
  expect(now()).toMatchObject({
    state: 'unknown',
    detail:
      'It may or may not have happened: an earlier try may have reached the target, and the last could not be sent: Connection refused. Look at the target and say what happened.',
  });
});

test.each(['header', 'converges'] as const)(
  'ambiguous (%s): sent again under the same id',
  async (idempotency) => {
    const { deps, id, now } = await approved({ definition: { idempotency } });
    const target = createTarget(ambiguous, accepted);
    expect(await executeMitigation(deps, target, id, false)).toEqual({
      kind: 'retry',
      reason: 'The answer never came.',
    });
    expect(now().state).toBe('running');
    await executeMitigation(deps, target, id, false);
    expect(target.sent.map((sent) => sent.id)).toEqual([id, id]);
    expect(now().state).toBe('verifying');
  },
);

test.each([
  ['header', true],
  ['converges', true],
  ['none', false],
] as const)(
  'ambiguous (%s) with nothing left to try: unknown, a person looks',
  async (idempotency, lastAttempt) => {
    const { deps, id, now, last } = await approved({ definition: { idempotency } });
    const target = createTarget(ambiguous);
    expect(await executeMitigation(deps, target, id, lastAttempt)).toEqual({ kind: 'done' });
    expect(now().state).toBe('unknown');
    expect(last()).toBe(
      'mitigation_unknown: Outcome unknown: Roll back the model. It may or may not have happened: The answer never came. Look at the target and say what happened.',
    );
  },
);

test.each(['header', 'converges'] as const)('a crash while sending (%s): sent again', async (idempotency) => {
  const { deps, id, now } = await approved({ definition: { idempotency } });
  await expect(executeMitigation(deps, createTarget(), id, false)).rejects.toThrow('died');
  expect(now().state).toBe('running');
  const target = createTarget(accepted);
  await executeMitigation(deps, target, id, false);
  expect(target.sent).toHaveLength(1);
  expect(now().state).toBe('verifying');
});

test('a crash while sending to a target that does not recognise repeats: never sent again', async () => {
  const { deps, id, now } = await approved({ definition: { idempotency: 'none' } });
  await expect(executeMitigation(deps, createTarget(), id, false)).rejects.toThrow('died');
  const target = createTarget(accepted);
  expect(await executeMitigation(deps, target, id, false)).toEqual({ kind: 'done' });
  expect(target.sent).toEqual([]);
  expect(now()).toMatchObject({
    state: 'unknown',
    detail:
      'aire was interrupted while sending it. The target does not recognise repeats, so it was not sent again. Look at the target and say what happened.',
  });
});

test('after a crash an expired approval is not sent again, and the outcome is unknown', async () => {
  const { deps, clock, id, now } = await approved();
  await expect(executeMitigation(deps, createTarget(), id, false)).rejects.toThrow('died');
  clock.advance(30 * MINUTE);
  const target = createTarget(accepted);
  await executeMitigation(deps, target, id, false);
  expect(target.sent).toEqual([]);
  expect(now()).toMatchObject({
    state: 'unknown',
    detail:
      'It may have reached the target: look there and say what happened. It was not sent again: the approval has expired. Request it again.',
  });
});

test('done is done: running the job again sends nothing', async () => {
  const { deps, id } = await approved();
  await executeMitigation(deps, createTarget(accepted), id, false);
  const again = createTarget(accepted);
  expect(await executeMitigation(deps, again, id, false)).toEqual({ kind: 'done' });
  expect(again.sent).toEqual([]);
});

test('ambiguous, then refused: unknown, because the first may have happened', async () => {
  const { deps, id, now } = await approved();
  const target = createTarget(ambiguous, { kind: 'refused', detail: 'The target refused with 409.' });
  await executeMitigation(deps, target, id, false);
  await executeMitigation(deps, target, id, false);
  expect(now()).toMatchObject({
    state: 'unknown',
    detail:
      'It may or may not have happened: an earlier try may have reached the target, and the last was refused: The target refused with 409. Look at the target and say what happened.',
  });
});

test.each(KINDS)(
  'taken and waiting for its callback (%s): its job run again sends nothing',
  async (idempotency) => {
    const { deps, id, now } = await approved({
      definition: { idempotency, confirm: { callback: { timeout: '5m' } } },
    });
    const target = createTarget(accepted);
    await executeMitigation(deps, target, id, false);
    expect(await executeMitigation(deps, target, id, false)).toEqual({ kind: 'done' });
    expect(target.sent).toHaveLength(1);
    expect(now().state).toBe('running');
  },
);
