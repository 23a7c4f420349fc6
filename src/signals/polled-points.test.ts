import { expect, test } from 'vitest';
import { HOUR, MINUTE } from '../time.ts';
import { missing, itemsOf as momentItems, momentsOf, outcomeOf } from './polled-points.ts';
import type { PolledPart } from './polled-series.ts';

const at = (time: string) => new Date(`2026-11-21T${time}Z`);
const ABOUT = { service: 'support-agent', sli: 'error_rate', every: MINUTE, to: at('10:05:00') };

/** What a poll makes of all that one query answered. */
function itemsOf(about: typeof ABOUT, all: readonly PolledPart[]) {
  const made = momentsOf(about.sli, all).map((moment) => momentItems(about, moment));
  const [fault] = made.flatMap((moment) => moment.fault ?? []);
  const items = made.flatMap((moment) => moment.items);
  return { items, outcome: outcomeOf(all, about.to), ...(fault === undefined ? {} : { fault }) };
}

test.each([
  ['nothing is known: an hour', undefined, '09:05:00', '10:05:00'],
  ['what is older than an hour is not caught up', at('08:00:00'), '09:05:00', '10:05:00'],
  ['what is known is not asked for again', at('10:02:00'), '10:03:00', '10:05:00'],
])('%s', (_name, newest, from, to) => {
  expect(missing(newest, MINUTE, at('10:05:42'))).toEqual({ from: at(from), to: at(to) });
});

test('nothing is missing before the next moment has come', () => {
  expect(missing(at('10:05:00'), MINUTE, at('10:05:59'))).toBeUndefined();
  expect(missing(at('10:05:00'), MINUTE, at('10:06:00'))).toEqual({
    from: at('10:06:00'),
    to: at('10:06:00'),
  });
  expect(missing(undefined, HOUR, at('10:05:42'))?.to).toEqual(at('10:00:00'));
});

const whole = (time: string, value: number, samples?: number) => ({
  at: at(time),
  value,
  labels: {},
  ...(samples === undefined ? {} : { samples }),
});

test('what is no number is left out, never zero, and said of the newest moment', () => {
  const parts = [whole('10:03:00', 0.02), whole('10:04:00', Infinity), whole('10:05:00', Number.NaN)];
  const { items, outcome } = itemsOf(ABOUT, parts);
  expect(items).toEqual([
    {
      type: 'measurement',
      id: 'support-agent:error_rate:1795255380',
      service: 'support-agent',
      sli: 'error_rate',
      value: 0.02,
      window_s: 60,
      at: '2026-11-21T10:03:00.000Z',
    },
  ]);
  expect(outcome).toBe('not_a_number');
  expect(itemsOf(ABOUT, [])).toEqual({ items: [], outcome: 'no_data' });
});

test('where samples are counted, a value comes with them, and one that rests on none is no data', () => {
  const { items, outcome } = itemsOf(ABOUT, [
    whole('10:03:00', 0.5, 41.7),
    whole('10:04:00', 0.5, 0),
    whole('10:05:00', 0.5, 0.3),
  ]);
  expect(items.map((item) => [item.at, item.samples])).toEqual([['2026-11-21T10:03:00.000Z', 42]]);
  expect(outcome).toBe('no_data');
});

test('one number of several is enough, and each has an id of its own', () => {
  const part = (tier: string, value: number) => ({ ...whole('10:05:00', value, 10), labels: { tier } });
  const { items, outcome } = itemsOf(ABOUT, [part('free', 0.1), part('paid', 0.2), part('gone', Number.NaN)]);
  expect(outcome).toBe('ok');
  expect(items.map(({ labels }) => labels)).toEqual([{ tier: 'free' }, { tier: 'paid' }]);
  expect(new Set(items.map(({ id }) => id)).size).toBe(2);
  // Of the moment and the labels alone: whoever asks again, and whatever the answer is then, stores nothing twice.
  const again = itemsOf(ABOUT, [part('paid', 0.9), part('free', 0.8)]).items.toReversed();
  expect(again.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
});

test('of a label with too many values the others count in the total only, and that is said', () => {
  const parts = [...Array(25).keys()].map((n) => ({
    ...whole('10:05:00', n / 100, n < 5 ? 100 + n : 1000),
    labels: { tenant: `t${n}` },
  }));
  const { items, fault, outcome } = itemsOf(ABOUT, parts);
  expect(outcome).toBe('ok');
  expect(items).toHaveLength(21);
  expect(items.flatMap(({ labels }) => labels?.tenant ?? [])).toEqual(
    [...Array(20).keys()].map((n) => `t${n + 5}`),
  );
  const rest = items.find(({ labels }) => labels === undefined);
  expect(rest).toMatchObject({ id: 'support-agent:error_rate:1795255500', samples: 510 });
  expect(rest?.value).toBeCloseTo((0 * 100 + 0.01 * 101 + 0.02 * 102 + 0.03 * 103 + 0.04 * 104) / 510, 12);
  expect(fault?.reason).toContain('more than 20 values of tenant');
  expect(itemsOf(ABOUT, parts.slice(5))).not.toHaveProperty('fault');
});

test('of two labels each keeps its own 20 values, and of too many series there is the total', () => {
  const grid = (tenants: number, models: number) =>
    [...Array(tenants * models).keys()].map((n) => ({
      ...whole('10:05:00', 0.5, 1000),
      labels: { tenant: `t${n % tenants}`, model: `m${Math.floor(n / tenants)}` },
    }));
  const { items } = itemsOf(ABOUT, grid(22, 4));
  expect(items).toHaveLength(21 * 4);
  // The two tenants that are not watched are still part of each model.
  expect(items.filter(({ labels }) => labels?.model === 'm0')).toHaveLength(21);
  expect(itemsOf(ABOUT, grid(20, 5)).items).toHaveLength(100);
  const { items: one, fault } = itemsOf(ABOUT, grid(22, 5));
  expect(one).toMatchObject([{ value: 0.5, samples: expect.any(Number) }]);
  expect(one[0]).not.toHaveProperty('labels');
  expect(fault?.reason).toContain('more than 100 combinations of model, tenant');
});

test('which values are told apart stays the same where their traffic is about equal', () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  // Around a power of two and far from one, alone and beside what has ten times as much.
  for (const usual of [6, 100, 128, 5000])
    for (const great of [undefined, 't9']) {
      const chosen = [...Array(60).keys()].map(() => {
        const parts = [...Array(25).keys()].map((n) => {
          const samples = usual * (`t${n}` === great ? 10 : 1) * (0.8 + 0.4 * random());
          return { ...whole('10:05:00', 0.5, samples), labels: { tenant: `t${n}` } };
        });
        const { items } = itemsOf(ABOUT, parts);
        return items.flatMap(({ labels }) => labels?.tenant ?? []).sort();
      });
      expect(new Set(chosen.map((names) => names.join(' '))).size).toBe(1);
      expect(chosen[0]).toHaveLength(20);
      // By name alone it would never be among them (control).
      expect(chosen[0]?.includes('t9')).toBe(great === 't9');
    }
});
