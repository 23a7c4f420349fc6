import { expect, test } from 'vitest';
import { NO_SUMS } from '../triggers/baseline.ts';
import type { Check } from '../triggers/evidence.ts';
import { escalateLatency } from './escalate-latency.ts';
import { evidenceWanted } from './evidence-wanted.ts';
import { respondToSignals } from './respond-to-signals.ts';
import { after, anIncident, aService, incidentDeps, playbook } from './test-builders.ts';

const SLI = 'task_completion_rate';
const key = (language?: string) =>
  `eval_score_drop:${SLI}${language === undefined ? '' : `{language=${language}}`}`;

/** A service cut by language; each call is one check later. */
function sliced() {
  const deps = incidentDeps(
    aService({ declare: 'auto', baseline: { pinned: { [SLI]: 0.95 }, slices: ['language'] } }),
  );
  const known = new Map<string, Check[]>();
  let minute = 0;
  const series = (name: string, value: number) => {
    const checks = [
      ...(known.get(name) ?? []),
      { value, samples: 200, windowSeconds: 60, at: after(minute), inIncident: false },
    ];
    known.set(name, checks);
    return { checks, before: NO_SUMS };
  };
  const measure = async (total: number, languages: Readonly<Record<string, number>>) => {
    deps.store.evidenceIs({
      slis: new Map([[SLI, series('', total)]]),
      slices: {
        watched: Object.entries(languages).map(([value, rate]) => ({
          sli: SLI,
          slice: { label: 'language', value },
          ...series(value, rate),
        })),
        unwatched: [],
      },
    });
    await respondToSignals(deps, 'support-agent');
    deps.clock.set(after(++minute));
  };
  const { store } = deps;
  return { deps, store, measure, kinds: () => store.entries.map((entry) => entry.kind) };
}

test('two languages fall and the total does not: one incident, declared by the worse, joined by the other', async () => {
  const { store, measure } = sliced();
  await measure(0.94, { en: 0.96, de: 0.88, fr: 0.7 });
  expect(store.incidents.all()).toMatchObject([
    {
      severity: 'SEV1',
      fired: { sli: SLI, slice: { label: 'language', value: 'fr' }, value: 0.7, baseline: 0.95 },
      findings: [key('de'), key('fr')],
    },
  ]);
  expect(store.incidents.all()[0]?.reason).toContain('Task completion rate 70.0 % for language fr is 25.0');
});

test('the total falls in all languages alike: it alone speaks', async () => {
  const { store, measure, kinds } = sliced();
  await measure(0.88, { en: 0.88, de: 0.88 });
  await measure(0.88, { en: 0.88, de: 0.88 });
  expect(store.incidents.all()).toMatchObject([{ findings: [key()] }]);
  expect(store.incidents.all()[0]?.fired).not.toHaveProperty('slice');
  expect(kinds()).toEqual(['declared']);
});

test('a language that is much worse than the total speaks too', async () => {
  const { store, measure } = sliced();
  await measure(0.88, { en: 0.94, de: 0.6 });
  expect(store.incidents.all()).toMatchObject([{ severity: 'SEV1', findings: [key(), key('de')] }]);
});

test('what goes on in one language after the total is well joins the incident, and recovers by itself', async () => {
  const { store, measure, kinds } = sliced();
  await measure(0.88, { en: 0.88, de: 0.88 });
  await measure(0.95, { en: 0.96, de: 0.88 });
  expect(store.incidents.all()).toMatchObject([{ findings: [key(), key('de')] }]);
  expect(kinds()).toEqual(['declared', 'signal_recovered', 'signal_attached']);
  await measure(0.95, { en: 0.96, de: 0.95 });
  expect(store.entries.at(-1)).toMatchObject({
    kind: 'signal_recovered',
    data: { finding: key('de') },
  });
});

test('a language that is measured no more has not recovered', async () => {
  const { store, measure, kinds } = sliced();
  await measure(0.94, { de: 0.7 });
  await measure(0.94, {});
  await measure(0.94, {});
  expect(kinds()).toEqual(['declared']);
  expect(store.watches.get('support-agent')?.findings[key('de')]).toMatchObject({
    state: 'not_evaluable',
    incidentId: 'inc_1',
  });
  await measure(0.94, { de: 0.95 });
  expect(kinds()).toEqual(['declared', 'signal_recovered']);
});

test('the latency of one language calls the owners by its own checks', async () => {
  const slow = { sli: 'latency_p95', slice: { label: 'language', value: 'de' } };
  const checks = (value: number) =>
    Array.from({ length: 21 }, (_, i): Check => ({ value, at: after(i - 20), inIncident: false }));
  const called = async (german: number, total: number) => {
    const slos = { latency_p95: { dimension: 'performance', at_most: 2 } } as const;
    const deps = incidentDeps(aService({ slos }));
    deps.store.incidents.seed(
      anIncident({ fired: { ...slow, value: 11, baseline: 1, recoveredWithin: 0.5 } }),
    );
    deps.store.evidenceIs({
      slis: new Map([['latency_p95', { checks: checks(total), before: NO_SUMS }]]),
      slices: { watched: [{ ...slow, checks: checks(german), before: NO_SUMS }], unwatched: [] },
    });
    await escalateLatency(deps, 'inc_a');
    return deps.store.entries.map((entry) => entry.text);
  };
  expect(await called(11, 1)).toEqual([
    expect.stringContaining('Latency p95 for language de has been above 5 times its SLO (10 s) for 20 min'),
  ]);
  expect(await called(1, 11)).toEqual([]);
});

test('slices are read only where they are asked for', () => {
  const rules = Object.values(playbook.triggers);
  const asked = (slices: string[]) => evidenceWanted(rules, aService({ baseline: { slices } }));
  expect(asked(['language']).slices).toEqual(['language']);
  expect(asked([])).not.toHaveProperty('slices');
  expect(evidenceWanted(rules, aService())).not.toHaveProperty('slices');
});
