/** What the unit tests of the golden dataset share. Not part of the build. */
import {
  anIncident,
  createIncidentStore,
  createTable,
  NOW,
  sequentialIds,
} from '../incidents/test-builders.ts';
import type { Example } from '../signals/signal.ts';
import { createManualClock } from '../time.ts';
import type { GoldenCase } from './golden-case.ts';
import type { GoldenDeps, GoldenStore } from './ports.ts';

export function anExample(over: Partial<Example> = {}): Example {
  return {
    type: 'example',
    id: 'x1',
    source: 'signals',
    service: 'support-agent',
    labels: {},
    at: NOW,
    input: 'May I return it after 40 days?',
    output: 'Yes, after 90 days too.',
    failure: 'hallucination',
    ...over,
  };
}

export function aCase(over: Partial<GoldenCase> = {}): GoldenCase {
  return {
    id: 'gc_1',
    version: 1,
    incidentId: 'inc_a',
    service: 'support-agent',
    input: 'May I return it after 40 days?',
    observed: 'Yes, after 90 days too.',
    expected: 'No, within 30 days.',
    context: [],
    failure: 'hallucination',
    split: 'core',
    redacted: {},
    state: 'draft',
    draftedAt: NOW,
    ...over,
  };
}

/** A store in memory with one incident in post-incident, its examples and its cases. */
export function goldenDeps(setup: { examples?: readonly Example[]; cases?: readonly GoldenCase[] } = {}) {
  const base = createIncidentStore();
  base.incidents.seed(anIncident({ phase: 'post_incident', resolvedAt: NOW }));
  const cases = createTable<GoldenCase>((row) => row.id);
  cases.seed(...(setup.cases ?? []));
  const store: GoldenStore = {
    ...base,
    goldenCase: async (id) => cases.get(id),
    goldenCasesOf: async (incidentId) => cases.all().filter((row) => row.incidentId === incidentId),
    examplesOf: async () => setup.examples ?? [],
    save: async (change) => {
      const saved = base.commit(change, cases.fits(change.goldenCases ?? []));
      if (saved === 'saved') cases.write(change.goldenCases ?? []);
      return saved;
    },
  };
  const deps = { store, clock: createManualClock(NOW), newId: sequentialIds() } satisfies GoldenDeps;
  return { deps, base, cases };
}
