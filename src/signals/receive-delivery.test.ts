import { expect, test } from 'vitest';
import { createManualClock } from '../time.ts';
import type { NewJob } from '../verb.ts';
import type { Delivery, Stored } from './ports.ts';
import { type Reading, receiveDelivery, type SignalSource, unauthenticated } from './receive-delivery.ts';
import type { Change, Signal } from './signal.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const WALL = new Date('2026-11-21T12:00:00Z');

function change(id: string, service = 'support-agent'): Change {
  return { type: 'change', id, service, source: 'ci', at: NOW, labels: {}, what: 'model' };
}

/** Receives one delivery that the source reads so, with a store that answers so. */
async function receive(reading: Reading | 'forged', stored: Partial<Stored> = {}) {
  const calls: { delivery: Delivery; signals: readonly Signal[]; jobs: readonly NewJob[] }[] = [];
  const seen: unknown[] = [];
  const source: SignalSource = {
    name: 'signals',
    authenticate: (_delivery, wallTime) => {
      seen.push(wallTime);
      if (reading === 'forged') throw unauthenticated('signals', 'the signature does not fit');
      return { deliveryId: 'd1', sender: 'ci' };
    },
    read: (body, sender, now) => {
      seen.push(body.toString(), sender, now);
      return reading === 'forged' ? { kind: 'nothing', why: '' } : reading;
    },
  };
  const store = {
    storeDelivery: async (delivery: Delivery, signals: readonly Signal[], jobs: readonly NewJob[]) => {
      calls.push({ delivery, signals, jobs });
      return { duplicateDelivery: false, duplicates: [], ...stored };
    },
    alreadySaid: async () => {
      throw new Error('only senders that repeat themselves are held against what they said');
    },
  };
  const deps = { store, clock: createManualClock(NOW), wallClock: createManualClock(WALL) };
  const receipt = receiveDelivery(deps, source, { headers: {}, body: Buffer.from('{}') });
  return { receipt, calls, seen };
}

const refused = [{ index: 1, id: null, code: 'unreadable' as const, reason: 'x' }];

test('signals are stored with one evaluation for each service, and the answer counts', async () => {
  const signals = [change('a'), change('b'), change('c', 'search')];
  const { receipt, calls, seen } = await receive(
    { kind: 'signals', signals, refused },
    { duplicates: ['b'] },
  );
  expect(await receipt).toEqual({
    status: 202,
    outcome: 'accepted',
    body: { accepted: 2, duplicate: 1, refused },
  });
  expect(calls).toHaveLength(1);
  expect(calls[0]?.delivery).toEqual({ source: 'signals', id: 'd1', receivedAt: NOW });
  expect(calls[0]?.jobs.map((job) => [job.kind, job.key, job.coalesce])).toEqual([
    ['service.evaluate', 'evaluate:support-agent', true],
    ['service.evaluate', 'evaluate:search', true],
  ]);
  expect(seen).toEqual([WALL, '{}', 'ci', NOW]);
});

test('the same delivery again is 200 and nothing new', async () => {
  const { receipt } = await receive(
    { kind: 'signals', signals: [change('a')], refused },
    { duplicateDelivery: true },
  );
  expect(await receipt).toEqual({
    status: 200,
    outcome: 'duplicate',
    body: { accepted: 0, duplicate: 1, refused: [] },
  });
});

test('an authentic delivery that can not be used is kept as a dead letter, and said so', async () => {
  const { receipt, calls } = await receive({ kind: 'unusable', reason: 'not JSON' });
  expect(await receipt).toEqual({
    status: 202,
    outcome: 'unusable',
    body: { accepted: 0, duplicate: 0, refused: [], note: 'not JSON' },
  });
  expect(calls[0]?.delivery.problem).toEqual({ reason: 'not JSON', body: '{}' });
  expect(calls[0]?.jobs.map((job) => job.key)).toEqual(['delivery-problem:signals:d1']);
});

test('what was refused of a delivery is reported under its key, and the rest is taken', async () => {
  const report = { key: 'k1', reason: 'nobody claims it' };
  const some: Reading = { kind: 'signals', signals: [change('a')], refused, report, note: 'cut short' };
  const { receipt, calls } = await receive(some);
  expect((await receipt).body).toEqual({ accepted: 1, duplicate: 0, refused, note: 'cut short' });
  expect(calls[0]?.delivery.problem).toEqual({ reason: 'nobody claims it', body: '{}' });
  expect(calls[0]?.jobs.map((job) => [job.key, job.payload])).toEqual([
    ['evaluate:support-agent', { service: 'support-agent' }],
    ['delivery-problem:signals:k1', { source: 'signals', deliveryId: 'd1', partly: true }],
  ]);
  const all = await receive({ ...some, signals: [] });
  expect((await all.receipt).outcome).toBe('refused');
  expect(all.calls[0]?.jobs.map((job) => job.payload.partly)).toEqual([false]);
});

test('a test payload is stored and does nothing', async () => {
  const { receipt, calls } = await receive({ kind: 'nothing', why: 'a test of the sender' });
  expect((await receipt).body.note).toBe('a test of the sender');
  expect(calls[0]).toMatchObject({ signals: [], jobs: [] });
});

test('a forged delivery is neither read nor stored', async () => {
  const { receipt, calls, seen } = await receive('forged');
  await expect(receipt).rejects.toMatchObject({
    code: 'delivery_unauthenticated',
    message: 'signals: the signature does not fit',
  });
  expect(calls).toEqual([]);
  expect(seen).toEqual([WALL]);
});
