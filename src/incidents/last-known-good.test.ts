import { expect, test } from 'vitest';
import type { Fact } from './incident.ts';
import { goodVersions, type VersionEval } from './last-known-good.ts';
import { after, aService, NOW } from './test-builders.ts';

const DAYS = 24 * 60;
const service = aService({
  slos: { task_completion_rate: { dimension: 'cognitive_accuracy', at_least: 0.9 } },
});
const fact = (value: string): Fact => ({ value, from: 'signal:ci', at: NOW });
const moved = { current_model: fact('v42'), previous_good_model: fact('v41') };
const measured = (version: string, mean: number, over: Partial<VersionEval> = {}): VersionEval => ({
  what: 'model',
  version,
  sli: 'task_completion_rate',
  mean,
  samples: 400,
  newest: after(-2 * DAYS),
  ...over,
});
const good = (...evals: VersionEval[]) => goodVersions({}, service, moved, evals).previous_good_model;

test('the version before, when its evals passed', () => {
  expect(good(measured('v41', 0.961), measured('v42', 0.99))).toEqual({
    ...fact('v41'),
    detail: 'last with passing evals: 96.1 % of 400 samples on 19 Nov',
  });
});

test('the last one that passed, when the version before did not', () => {
  const older = [
    measured('v39', 0.97, { newest: after(-9 * DAYS) }),
    measured('v40', 0.95, { newest: after(-5 * DAYS) }),
  ];
  expect(good(...older, measured('v41', 0.8), measured('v42', 0.7))).toMatchObject({
    value: 'v40',
    from: 'evals',
    detail: 'last with passing evals: 95.0 % of 400 samples on 16 Nov',
  });
});

test('the version before and that nobody knows, where no evals name it', () => {
  expect(good()).toEqual({ ...fact('v41'), detail: 'the version before; its evals are not known' });
  expect(good(measured('v41', 0.96, { samples: 29 }))?.detail).toContain('not known');
  expect(good(measured('v41', 0.96, { what: 'prompt' }))?.detail).toContain('not known');
});

test('the version before and that it did not pass, where nothing better is known', () => {
  expect(good(measured('v41', 0.8))?.detail).toBe(
    'the version before; its evals: 80.0 % of 400 samples on 19 Nov, not passing',
  );
});

test('every SLI that is measured has to be good', () => {
  const both = aService({
    slos: {
      task_completion_rate: { dimension: 'cognitive_accuracy', at_least: 0.9 },
      golden_dataset_accuracy: { dimension: 'cognitive_accuracy', at_least: 0.9 },
    },
  });
  const evals = [
    measured('v41', 0.96),
    measured('v41', 0.6, { sli: 'golden_dataset_accuracy', samples: 50 }),
    measured('v40', 0.95),
  ];
  expect(goodVersions({}, both, moved, evals).previous_good_model?.value).toBe('v40');
});

test('what is normal is good enough without an SLO; with neither nothing is said to have passed', () => {
  const fired = { sli: 'task_completion_rate', value: 0.86, baseline: 0.95, recoveredWithin: 0.025 };
  const judged = (incident: Parameters<typeof goodVersions>[0]) =>
    goodVersions(incident, aService(), moved, [measured('v41', 0.94)]).previous_good_model?.detail;
  expect(judged({ fired })).toContain('passing');
  expect(judged({})).toBe('the version before; its evals: 94.0 % of 400 samples on 19 Nov');
});

test('without a version before, one that passed; never the one that runs', () => {
  const only = { current_model: fact('v42') };
  expect(goodVersions({}, service, only, [measured('v40', 0.95), measured('v42', 0.99)])).toMatchObject({
    previous_good_model: { value: 'v40', from: 'evals' },
  });
  expect(goodVersions({}, service, only, [measured('v42', 0.99)])).toEqual({});
  expect(goodVersions({}, service, {}, [measured('v40', 0.95)])).toEqual({});
});

test('what is normal for a slice that fired is no measure of a version', () => {
  const fired = { sli: 'task_completion_rate', value: 0.4, baseline: 0.7, recoveredWithin: 0.025 };
  const of = (incident: Parameters<typeof goodVersions>[0]) =>
    goodVersions(incident, service, moved, [measured('v41', 0.8)]).previous_good_model?.detail;
  expect(of({ fired: { ...fired, slice: { label: 'language', value: 'de' } } })).toContain('not passing');
  expect(of({ fired })).toContain('passing evals');
});
