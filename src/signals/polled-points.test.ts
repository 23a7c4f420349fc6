import { expect, test } from 'vitest';
import { HOUR, MINUTE } from '../time.ts';
import { itemsOf, missing } from './polled-points.ts';

const at = (time: string) => new Date(`2026-11-21T${time}Z`);
const ABOUT = { service: 'support-agent', sli: 'error_rate', every: MINUTE, to: at('10:05:00') };

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

test('what is no number is left out, never zero, and said of the newest moment', () => {
  const values = [
    { at: at('10:03:00'), value: 0.02 },
    { at: at('10:04:00'), value: Infinity },
    { at: at('10:05:00'), value: Number.NaN },
  ];
  const { items, outcome } = itemsOf(ABOUT, values, undefined);
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
  expect(itemsOf(ABOUT, [], undefined)).toEqual({ items: [], outcome: 'no_data' });
});

test('where samples are counted, a value comes with them, and one that rests on none is no data', () => {
  const values = ['10:03:00', '10:04:00', '10:05:00'].map((time) => ({ at: at(time), value: 0.5 }));
  const samples = [
    { at: at('10:03:00'), value: 41.7 },
    { at: at('10:04:00'), value: 0 },
  ];
  const { items, outcome } = itemsOf(ABOUT, values, samples);
  expect(items.map((item) => [item.at, item.samples])).toEqual([['2026-11-21T10:03:00.000Z', 42]]);
  expect(outcome).toBe('no_data');
});
