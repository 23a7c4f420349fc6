import { expect, test } from 'vitest';
import { DAY } from '../time.ts';
import { retentionLimits } from './retention.ts';
import { serviceFile } from './service-file.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const daysAgo = (date: Date | undefined): number => (NOW.getTime() - (date?.getTime() ?? Number.NaN)) / DAY;
const service = (name: string, rest: object = {}) =>
  serviceFile.parse({ service: name, tier: 1, owners: { team: 't' }, ...rest });

test('the defaults are those of the documentation', () => {
  const limits = retentionLimits([service('a')], NOW);
  expect(daysAgo(limits.deliveries)).toBe(30);
  expect(daysAgo(limits.deadLetters)).toBe(90);
  expect(daysAgo(limits.measurements)).toBe(60);
  expect(daysAgo(limits.doneJobs)).toBe(7);
  expect(daysAgo(limits.prompts.get('a'))).toBe(30);
  expect(daysAgo(limits.otherPrompts)).toBe(30);
});

test('measurements are kept for the longest baseline and 30 days more', () => {
  const services = [service('a'), service('b', { baseline: { over: '45d' } })];
  expect(daysAgo(retentionLimits(services, NOW).measurements)).toBe(75);
  expect(daysAgo(retentionLimits([], NOW).measurements)).toBe(60);
});

test('each service says how long prompts are kept', () => {
  const limits = retentionLimits([service('a'), service('b', { retention: { prompts: '7d' } })], NOW);
  expect([...limits.prompts].map(([name, at]) => [name, daysAgo(at)])).toEqual([
    ['a', 30],
    ['b', 7],
  ]);
  expect(() => service('c', { retention: { prompts: 'a week' } })).toThrow('write a duration');
});
