import { expect, it, test } from 'vitest';
import { after, NOW } from '../incidents/test-builders.ts';
import type { Mitigation } from './mitigation.ts';
import { aDefinition, aMeasurement, historyOf } from './test-builders.ts';
import { verifyRecovery } from './verification.ts';

const mitigation: Mitigation = {
  id: 'mit_1',
  version: 3,
  incidentId: 'inc_a',
  service: 'support-agent',
  name: 'roll_back',
  definition: aDefinition(),
  request: { method: 'POST', url: 'https://deploy.internal/', headers: {}, body: '{}' },
  parametersHash: '',
  parameters: {},
  reason: '',
  state: 'verifying',
  twoPerson: true,
  requestedBy: 'U_ANA',
  requestedAt: NOW,
  expiresAt: after(30),
  ranAt: NOW,
};
const rate = { sli: 'task_completion_rate', baseline: 0.95, recoveredWithin: 0.025 };
const latency = { sli: 'latency_p95', baseline: 1.2, recoveredWithin: 0.3 };

/** Within 30 minutes, two in a row. */
const cases: readonly [string, typeof rate, number[], number, string, string][] = [
  [
    'nothing yet',
    rate,
    [],
    0,
    'waiting',
    'Task completion rate: no data; 0 of 2 measurements in a row at the baseline of 95.0 %.',
  ],
  [
    'one good',
    rate,
    [0.94],
    5,
    'waiting',
    'Task completion rate: 94.0 %; 1 of 2 measurements in a row at the baseline of 95.0 %.',
  ],
  [
    'two good',
    rate,
    [0.94, 0.96],
    10,
    'recovered',
    'Task completion rate is back at 96.0 % (baseline 95.0 %), 2 measurements in a row.',
  ],
  [
    'bad, then two good',
    rate,
    [0.86, 0.94, 0.95],
    10,
    'recovered',
    'Task completion rate is back at 95.0 % (baseline 95.0 %), 2 measurements in a row.',
  ],
  [
    'good, bad, good: the row is broken',
    rate,
    [0.95, 0.86, 0.95],
    10,
    'waiting',
    'Task completion rate: 95.0 %; 1 of 2 measurements in a row at the baseline of 95.0 %.',
  ],
  [
    'two good, then bad',
    rate,
    [0.95, 0.95, 0.86],
    10,
    'waiting',
    'Task completion rate: 86.0 %; 0 of 2 measurements in a row at the baseline of 95.0 %.',
  ],
  [
    'exactly at the edge, with binary dust',
    rate,
    [0.925, 0.925],
    10,
    'recovered',
    'Task completion rate is back at 92.5 % (baseline 95.0 %), 2 measurements in a row.',
  ],
  [
    'just below the edge',
    rate,
    [0.9249, 0.9249],
    10,
    'waiting',
    'Task completion rate: 92.5 %; 0 of 2 measurements in a row at the baseline of 95.0 %.',
  ],
  [
    'better than ever',
    rate,
    [1, 1],
    10,
    'recovered',
    'Task completion rate is back at 100.0 % (baseline 95.0 %), 2 measurements in a row.',
  ],
  [
    'lower is better: back',
    latency,
    [1.5, 0.2],
    10,
    'recovered',
    'Latency p95 is back at 0.20 s (baseline 1.20 s), 2 measurements in a row.',
  ],
  [
    'lower is better: still high',
    latency,
    [1.51, 4],
    10,
    'waiting',
    'Latency p95: 4.00 s; 0 of 2 measurements in a row at the baseline of 1.20 s.',
  ],
  [
    'time is up, still bad',
    rate,
    [0.86, 0.87],
    30,
    'not_recovered',
    'It ran, but task completion rate did not recover within 30 min: 87.0 %, baseline 95.0 % (0 of 2 measurements in a row).',
  ],
  [
    'time is up, one good',
    rate,
    [0.95],
    30,
    'not_recovered',
    'It ran, but task completion rate did not recover within 30 min: 95.0 %, baseline 95.0 % (1 of 2 measurements in a row).',
  ],
  [
    'time is up, nothing measured',
    rate,
    [],
    30,
    'no_data',
    'No measurement of task completion rate arrived within 30 min after it ran, so nobody knows whether it helped.',
  ],
  [
    'time is up, but recovered',
    rate,
    [0.95, 0.95],
    45,
    'recovered',
    'Task completion rate is back at 95.0 % (baseline 95.0 %), 2 measurements in a row.',
  ],
];

test.each(cases)('%s', (_what, criterion, values, minutes, kind, detail) => {
  const measurements = values.map((value, index) =>
    aMeasurement(value, after(index + 1), { sli: criterion.sli }),
  );
  expect(verifyRecovery(mitigation, criterion, historyOf(measurements), after(minutes), {})).toEqual({
    kind,
    detail,
  });
});

test.each([
  ['lower', [310, 320], 'recovered'],
  ['lower', [310, 321], 'waiting'],
  ['higher', [280, 400], 'recovered'],
  ['higher', [280, 279], 'waiting'],
] as const)("an SLI of the service's own: %s is better, %j: %s", (better, values, kind) => {
  const criterion = { sli: 'answer_length', baseline: 300, recoveredWithin: 20 };
  const measurements = values.map((value, n) => aMeasurement(value, after(n + 1), { sli: 'answer_length' }));
  const own = { answer_length: { unit: 'tokens', better } };
  expect(verifyRecovery(mitigation, criterion, historyOf(measurements), after(10), own).kind).toBe(kind);
});

it.each([
  [
    'too few moments could be looked at',
    [0.95],
    true,
    'no_data',
    /nobody knows whether it helped.*only 1 could/,
  ],
  ['not even one could', [], true, 'no_data', /that are needed none could be looked at\. Send/],
  ['one of them is bad', [0.86], true, 'not_recovered', /did not recover/],
  ['enough could be looked at', [0.95, 0.95], true, 'recovered', /is back/],
  ['nothing more was measured (control)', [0.95], false, 'not_recovered', /did not recover/],
])('more is measured than is read: %s', (_what, values, isCut, kind, detail) => {
  const { checks } = historyOf(values.map((value, n) => aMeasurement(value, after(n + 1))));
  const since = isCut ? { checks, isCut } : { checks };
  expect(verifyRecovery(mitigation, rate, since, after(30), {})).toEqual({
    kind,
    detail: expect.stringMatching(detail),
  });
});
