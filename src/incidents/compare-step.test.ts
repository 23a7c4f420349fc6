import { describe, expect, test } from 'vitest';
import type { Distribution } from '../signals/signal.ts';
import { compareInputs } from './compare-inputs.ts';
import { compareStep } from './compare-step.ts';
import { after, anIncident, incidentDeps } from './test-builders.ts';

const DAY = 24 * 60;
const inputs = (minutes: number, buckets: Record<string, number>, of = 'language'): Distribution => ({
  type: 'distribution',
  id: `${of}${minutes}`,
  source: 'gateway',
  service: 'support-agent',
  labels: {},
  at: after(minutes),
  of,
  buckets,
});
const seen = (id: string, minutes: number, what: string, text: string) => ({
  id,
  incidentId: 'inc_a',
  at: after(minutes),
  actor: { kind: 'system', name: 'ci' } as const,
  kind: 'change_seen' as const,
  text,
  data: { what },
  url: `https://ci.example/${id}`,
});

function compare(setup: (store: ReturnType<typeof incidentDeps>['store']) => void = () => {}) {
  const deps = incidentDeps();
  setup(deps.store);
  return compareStep(deps, anIncident());
}

describe('a step that compares', () => {
  test('finds the closest change before the onset, and says of what nothing is known', async () => {
    const found = await compare((store) => {
      store.entries.push(
        seen('c1', -200, 'prompt', 'Prompt p6 → p7'),
        seen('c2', -32, 'model', 'Model v41 → v42'),
        seen('c3', -5, 'routing', 'Routing a → b'),
        { ...seen('c4', -25, 'index', 'Index of another incident'), incidentId: 'inc_b' },
      );
    });
    expect(found).toEqual({
      kind: 'found',
      outcome: 'not_ok',
      note: 'Model v41 → v42, 12 min before and 1 more before it; inputs: no data; unknown: index, routing, config, data',
      url: 'https://ci.example/c2',
    });
  });

  test('finds no data, never that nothing moved, where nothing was reported', async () => {
    const found = await compare();
    expect(found).toMatchObject({
      outcome: 'no_data',
      note: 'no change was reported in the day before the onset, which is no proof that there was none; inputs: no data',
    });
    const steady = await compare((store) =>
      store.arrive(inputs(-3 * DAY, { en: 900, de: 100 }), inputs(-5, { en: 450, de: 50 })),
    );
    expect(steady).toMatchObject({
      outcome: 'no_data',
      note: expect.stringContaining('language as in the week before'),
    });
  });

  test('finds inputs that moved against the week before, and not what is older', async () => {
    const found = await compare((store) =>
      store.arrive(
        inputs(-8 * DAY, { de: 100_000 }),
        inputs(-3 * DAY, { en: 900, de: 100 }),
        inputs(-5, { en: 250, de: 250 }),
        inputs(-5, { short: 50 }, 'length'),
      ),
    );
    expect(found).toMatchObject({
      outcome: 'not_ok',
      note: expect.stringContaining('language moved: de 10 % → 50 %'),
    });
  });
});

describe('what counts as moved', () => {
  const moved = (before: Record<string, number>, now: Record<string, number>) =>
    compareInputs([inputs(0, before)], [inputs(1, now)])[0]?.moved;

  test('a clear shift of enough requests, and a bucket that is new', () => {
    expect(moved({ en: 900, de: 100 }, { en: 300, de: 200 })).toBe(true);
    expect(moved({ en: 900, de: 100 }, { en: 300, de: 30, ja: 120 })).toBe(true);
  });

  test('not a small shift, and not one that five requests show by chance', () => {
    expect(moved({ en: 900, de: 100 }, { en: 440, de: 60 })).toBe(false);
    expect(moved({ en: 900, de: 100 }, { en: 3, de: 2 })).toBe(false);
  });

  test('nothing where one of the times counted nothing', () => {
    expect(compareInputs([inputs(0, { en: 0 })], [inputs(1, { en: 5 })])).toEqual([]);
    expect(compareInputs([inputs(0, { en: 5 }, 'length')], [inputs(1, { en: 5 })])).toEqual([]);
  });
});
