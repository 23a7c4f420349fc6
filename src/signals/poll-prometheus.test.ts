import { expect, test } from 'vitest';
import { z } from 'zod';
import { serviceFields } from '../services/schema.ts';
import { MINUTE } from '../time.ts';
import { type PollDeps, pollPrometheus } from './poll-prometheus.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const service = z
  .strictObject(serviceFields)
  .parse({ service: 'support-agent', tier: 1, owners: { team: 'ml' } });

interface Stored {
  readonly id: string;
  readonly moments: readonly string[];
  readonly evaluates: boolean;
}

/** A first poll of an hour, 70 parts a moment; `until` says when the last value of an SLI is, in minutes before now. */
async function poll(slis: Readonly<Record<string, { value: number; until?: number }>>) {
  const deliveries: Stored[] = [];
  const told: string[] = [];
  const tiers = [...Array(70).keys()].map((n) => ({ tier: `t${n % 10}`, model: `m${Math.floor(n / 10)}` }));
  const deps: PollDeps = {
    services: { get: () => service, all: () => [service] },
    clock: { now: () => NOW },
    newestMeasurements: async () => new Map(),
    queryRange: async ({ query, from, step }) => {
      const { value, until = 0 } = slis[query] ?? { value: 100 };
      const points = Array.from({ length: 61 - until }, (_, n) => ({
        at: new Date(from.getTime() + n * step),
        value,
      }));
      return { kind: 'series', series: tiers.map((labels) => ({ labels, points })) };
    },
    store: {
      storeDelivery: async ({ id, problem }, signals, jobs) => {
        if (problem !== undefined) told.push(problem.reason);
        else
          deliveries.push({
            id,
            moments: signals.map((one) => `${one.at.toISOString()} ${'sli' in one ? one.sli : ''}`),
            evaluates: jobs.some(({ kind }) => kind === 'service.evaluate'),
          });
        return { duplicateDelivery: false, duplicates: [] };
      },
    },
  };
  const queries = Object.fromEntries(Object.keys(slis).map((sli) => [sli, { value: sli, samples: 'n' }]));
  const source = { url: 'http://prometheus:9090', headers: {}, every: MINUTE, queries };
  const polled = await pollPrometheus(deps, 'support-agent', {
    ...source,
    slices: ['tier', 'model'],
    addsUp: [],
  });
  return { deliveries, told, polled };
}

test('an hour is stored oldest first, and no moment of an SLI is divided', async () => {
  const { deliveries } = await poll({ error_rate: { value: 0.1 }, availability: { value: 0.9 } });
  const all = deliveries.flatMap(({ moments }) => moments);
  expect(all).toHaveLength(2 * 61 * 70);
  expect(Math.max(...deliveries.map(({ moments }) => moments.length))).toBe(14 * 70);
  const owners = deliveries.flatMap(({ id, moments }) => [...new Set(moments)].map((one) => ({ one, id })));
  expect(new Set(owners.map(({ one }) => one)).size).toBe(owners.length);
  const times = all.map((moment) => moment.split(' ')[0] ?? '');
  expect(times).toEqual(times.toSorted());
  expect(deliveries.map(({ evaluates }) => evaluates)).toEqual(deliveries.map((_, n) => n === 8));
  // Whoever asks the same stores under the same names; other moments have others (control).
  const again = await poll({ error_rate: { value: 0.1 }, availability: { value: 0.9 } });
  expect(again.deliveries).toEqual(deliveries);
  expect(new Set(deliveries.map(({ id }) => id)).size).toBe(deliveries.length);
});

test('what came is evaluated though the newest pieces are refused', async () => {
  const { deliveries, told, polled } = await poll({
    error_rate: { value: 0.1, until: 30 },
    availability: { value: 87 },
  });
  expect(deliveries.flatMap(({ moments }) => moments)).toHaveLength(31 * 70);
  expect(deliveries.filter(({ evaluates }) => evaluates)).toHaveLength(1);
  expect(deliveries.at(-1)).toMatchObject({ moments: [], evaluates: true });
  expect(told).toHaveLength(1);
  expect(polled.newest).toEqual(new Map([['error_rate', new Date(NOW.getTime() - 30 * MINUTE)]]));
  // Nothing came: nothing is stored, nothing evaluated (control).
  expect((await poll({ availability: { value: 87 } })).deliveries).toEqual([]);
});
