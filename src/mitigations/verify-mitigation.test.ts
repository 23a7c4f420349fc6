import { expect, test } from 'vitest';
import { after } from '../incidents/test-builders.ts';
import { MINUTE } from '../time.ts';
import {
  aMeasurement,
  current,
  type MitigationCase,
  mitigationDeps,
  request,
  run,
  said,
} from './test-builders.ts';
import { checkMitigation, verifyMitigations } from './verify-mitigation.ts';

/** It ran at once; its proof is awaited. */
async function verifying(over: MitigationCase = {}) {
  const made = mitigationDeps(over);
  const { id } = await run(made.deps);
  return { ...made, id, now: () => current(made.deps, id), last: () => said(made.deps).at(-1) };
}

test('an approval nobody gave expires at its time and not before', async () => {
  const { deps, clock, store } = mitigationDeps();
  const { id } = await request(deps);
  clock.set(new Date(after(30).getTime() - 1));
  await checkMitigation(deps, id);
  expect(current(deps, id).state).toBe('requested');
  clock.advance(1);
  await checkMitigation(deps, id);
  expect(current(deps, id)).toMatchObject({ state: 'expired', endedAt: after(30) });
  expect(said(deps).at(-1)).toBe(
    'mitigation_expired: Expired: Roll back the model. Nobody approved it in time. Request it again if it is still wanted.',
  );
  const saves = store.base.saves.length;
  await checkMitigation(deps, id);
  expect(store.base.saves).toHaveLength(saves);
});

test('an answer that never came makes the outcome unknown', async () => {
  const { deps, clock, id, now, last } = await verifying({
    definition: { confirm: { callback: { timeout: '5m' } } },
  });
  clock.advance(5 * MINUTE - 1);
  await checkMitigation(deps, id);
  expect(now().state).toBe('running');
  clock.advance(1);
  await checkMitigation(deps, id);
  expect(now().state).toBe('unknown');
  expect(last()).toBe(
    'mitigation_unknown: Outcome unknown: Roll back the model. The target took it but never reported back. Look at the target and say what happened.',
  );
});

test('recovered: succeeded, and the incident is mitigated, said once', async () => {
  const { deps, store, clock, now } = await verifying();
  store.measured(aMeasurement(0.94, after(5)), aMeasurement(0.95, after(10)));
  clock.advance(10 * MINUTE);
  await verifyMitigations(deps, 'support-agent');
  await verifyMitigations(deps, 'support-agent');
  expect(now()).toMatchObject({ state: 'succeeded', endedAt: after(10) });
  expect(store.base.incidents.get('inc_a')?.mitigatedAt).toEqual(after(10));
  expect(said(deps).slice(-2)).toEqual([
    'mitigation_verified: Succeeded: Roll back the model. Task completion rate is back at 95.0 % (baseline 95.0 %), 2 measurements in a row.',
    'mitigated: Mitigated by: Roll back the model.',
  ]);
});

test('the first mitigation that helped keeps the milestone', async () => {
  const { deps, store, clock } = await verifying({ incident: { mitigatedAt: after(-1) } });
  store.measured(aMeasurement(0.94, after(5)), aMeasurement(0.95, after(10)));
  clock.advance(10 * MINUTE);
  await verifyMitigations(deps, 'support-agent');
  expect(store.base.incidents.get('inc_a')?.mitigatedAt).toEqual(after(-1));
  expect(said(deps).filter((line) => line.startsWith('mitigated'))).toEqual([]);
});

test('measurements from before it ran prove nothing', async () => {
  const { deps, store, now } = await verifying();
  store.measured(aMeasurement(0.95, after(-5)), aMeasurement(0.95, after(0)));
  await verifyMitigations(deps, 'support-agent');
  expect(now().state).toBe('verifying');
});

test.each([
  [
    [0.86],
    'failed',
    'mitigation_failed: Failed: Roll back the model. It ran, but task completion rate did not recover within 30 min: 86.0 %, baseline 95.0 % (0 of 2 measurements in a row).',
  ],
  [
    [],
    'unknown',
    'mitigation_unknown: Outcome unknown: Roll back the model. No measurement of task completion rate arrived within 30 min after it ran, so nobody knows whether it helped.',
  ],
] as const)('time is up with %j: %s', async (values, state, text) => {
  const { deps, store, clock, id, now, last } = await verifying();
  store.measured(...values.map((value) => aMeasurement(value, after(5))));
  clock.advance(30 * MINUTE);
  await checkMitigation(deps, id);
  expect(now().state).toBe(state);
  expect(store.base.incidents.get('inc_a')?.mitigatedAt).toBeUndefined();
  expect(last()).toBe(text);
});

test('while it waits the card follows the value, once for each', async () => {
  const { deps, store, id, now } = await verifying();
  store.measured(aMeasurement(0.94, after(5)));
  await checkMitigation(deps, id);
  expect(now().detail).toBe(
    'Task completion rate: 94.0 %; 1 of 2 measurements in a row at the baseline of 95.0 %.',
  );
  const saves = store.base.saves.length;
  await checkMitigation(deps, id);
  expect(store.base.saves).toHaveLength(saves);
});

const refusals = { within: '30m', consecutive: 1, sli: 'refusal_rate' } as const;
const watched = {
  key: 'eval_score_drop:refusal_rate',
  trigger: 'eval_score_drop',
  state: 'healthy',
  severity: 'SEV2',
  reason: '',
  sli: 'refusal_rate',
  value: 0.02,
  baseline: 0.02,
  recoveredWithin: 0.025,
  since: after(-60),
} as const;

test('another SLI that the mitigation names is compared with what is watched', async () => {
  const { deps, store, now } = await verifying({ definition: { verify: refusals } });
  store.base.watches.seed({ service: 'support-agent', version: 1, findings: { [watched.key]: watched } });
  store.measured(aMeasurement(0.03, after(5), { sli: 'refusal_rate' }));
  await verifyMitigations(deps, 'support-agent');
  expect(now()).toMatchObject({
    state: 'succeeded',
    detail: 'Refusal rate is back at 3.0 % (baseline 2.0 %), 1 measurements in a row.',
  });
});

test('without a baseline nobody knows whether it helped, said when time is up', async () => {
  const { deps, store, clock, id, now } = await verifying({ definition: { verify: refusals } });
  store.measured(aMeasurement(0.02, after(5), { sli: 'refusal_rate' }));
  await checkMitigation(deps, id);
  expect(now().state).toBe('verifying');
  clock.advance(30 * MINUTE);
  await checkMitigation(deps, id);
  expect(now()).toMatchObject({
    state: 'unknown',
    detail: 'There is no baseline for refusal_rate, so nobody knows whether it helped.',
  });
});

test('an unknown mitigation is refused', async () => {
  const { deps } = mitigationDeps();
  await expect(checkMitigation(deps, 'mit_x')).rejects.toThrow('That mitigation is not known here.');
});

const german = { label: 'language', value: 'de' };
const firedInGerman = {
  fired: { sli: 'task_completion_rate', slice: german, value: 0.7, baseline: 0.94, recoveredWithin: 0.025 },
};
const inLanguage = (language: string, value: number, minute: number) =>
  aMeasurement(value, after(minute), { labels: { language } });

test('a slice that fired is proven by that slice, not by the others nor by the total', async () => {
  const { deps, store, now } = await verifying({ incident: firedInGerman });
  store.measured(
    inLanguage('de', 0.7, 4),
    inLanguage('en', 0.97, 5),
    aMeasurement(0.95, after(6)),
    aMeasurement(0.95, after(7)),
  );
  await verifyMitigations(deps, 'support-agent');
  expect(now().state).toBe('verifying');
  store.measured(inLanguage('de', 0.93, 8), inLanguage('de', 0.94, 9));
  await verifyMitigations(deps, 'support-agent');
  expect(now()).toMatchObject({
    state: 'succeeded',
    detail:
      'Task completion rate for language de is back at 94.0 % (baseline 94.0 %), 2 measurements in a row.',
  });
});

test('what fired as a whole is proven by the whole of each moment, not by its languages one by one', async () => {
  const { deps, store, now } = await verifying();
  const of = (language: string, value: number, samples: number, minute: number) =>
    aMeasurement(value, after(minute), { labels: { language }, samples });
  store.measured(of('en', 0.99, 50, 5), of('fr', 0.98, 50, 5), of('de', 0.6, 900, 5));
  await verifyMitigations(deps, 'support-agent');
  expect(now().detail).toContain('0 of 2 measurements in a row');
  for (const minute of [6, 7]) store.measured(of('de', 0.8, 50, minute), of('en', 0.96, 950, minute));
  await verifyMitigations(deps, 'support-agent');
  expect(now()).toMatchObject({
    state: 'succeeded',
    detail: 'Task completion rate is back at 95.2 % (baseline 95.0 %), 2 measurements in a row.',
  });
});

test('a slice that is gone after it ran proves nothing, and the outcome says what to look at', async () => {
  const { deps, store, clock, id, now } = await verifying({ incident: firedInGerman });
  store.measured(inLanguage('en', 0.97, 5), inLanguage('en', 0.97, 6));
  clock.advance(30 * MINUTE);
  await checkMitigation(deps, id);
  expect(now()).toMatchObject({
    state: 'unknown',
    detail:
      'No measurement of task completion rate for language de arrived within 30 min after it ran, so nobody knows whether it helped. If it took that slice away, look at the others.',
  });
});

test('an SLI that the mitigation names is compared as a whole, not with a slice of it', async () => {
  const { deps, store, now } = await verifying({ definition: { verify: refusals } });
  const slice = { ...watched, key: `${watched.key}{language=de}`, slice: german, baseline: 0.5 };
  store.base.watches.seed({
    service: 'support-agent',
    version: 1,
    findings: { [slice.key]: slice, [watched.key]: watched },
  });
  store.measured(aMeasurement(0.4, after(5), { sli: 'refusal_rate' }));
  await verifyMitigations(deps, 'support-agent');
  expect(now()).toMatchObject({ state: 'verifying' });
});
