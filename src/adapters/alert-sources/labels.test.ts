import { expect, test } from 'vitest';
import { boundedLabels, clipped } from './labels.ts';

test('labels are kept as they are', () => {
  const labels = { alertname: 'X', env: 'prod' };
  expect(boundedLabels(labels, { summary: 'not a label' })).toEqual(labels);
});

test('at most 64 labels, of at most 200 characters', () => {
  const many = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`label_${i}`, 'x'.repeat(300)]));
  const kept = boundedLabels(many, { value: '0.5' });
  expect(Object.keys(kept)).toHaveLength(64);
  expect(kept.value).toBe('0.5');
  expect(kept.label_0).toHaveLength(200);
});

test('no character is cut in half', () => {
  expect(clipped(`${'x'.repeat(199)}😀`)).toBe('x'.repeat(199));
  expect(clipped(`${'x'.repeat(198)}😀`)).toBe(`${'x'.repeat(198)}😀`);
});

test.each([
  ['0.1234', '0.1234'],
  [' 12 ', '12'],
  ['1.5e-05', '0.000015'],
  ['-3', '-3'],
  ['5 %', undefined],
  ['NaN', undefined],
  ['+Inf', undefined],
  ['0x10', undefined],
  ['1e999', undefined],
  ['', undefined],
])('the annotation value %j becomes the label %j', (text, value) => {
  expect(boundedLabels({}, { value: text })).toEqual(value === undefined ? {} : { value });
});

test('the annotation is newer than a label, and a label that is no number stays', () => {
  expect(boundedLabels({ value: '1' }, { value: '2' })).toEqual({ value: '2' });
  expect(boundedLabels({ value: '1.50' }, {})).toEqual({ value: '1.5' });
  expect(boundedLabels({ value: 'high' }, { value: 'about 3' })).toEqual({ value: 'high' });
});
