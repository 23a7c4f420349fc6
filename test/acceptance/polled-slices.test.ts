import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { latest } from '../../src/cli/demo/hands.ts';
import { pollPrometheus } from '../../src/signals/poll-prometheus.ts';
import { HOUR, MINUTE, SECOND } from '../../src/time.ts';
import { type FakePrometheus, startFakePrometheus } from '../support/fake-prometheus.ts';
import { ANA, START, type TestStage, useStage } from '../support/stage.ts';

const stageWith = useStage();
const fakes: FakePrometheus[] = [];
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake.close();
});

/** When v42 falls, in seconds; it answers a tenth of the tasks. */
const FALLS_SINCE = START.getTime() / SECOND + 60;
const V41 = { model_version: 'v41', app: 'llm' };
const V42 = { model_version: 'v42', app: 'llm' };
const ok = [
  [V41, () => '0.95'] as const,
  [V42, (at: number) => (at >= FALLS_SINCE ? '0.7' : '0.94')] as const,
];
const n = [[V42, () => '100'] as const, [V41, () => '900'] as const];
const byVersion = (query: string) => (query === 'n' ? n : ok);

async function polling(
  series: Parameters<FakePrometheus['labelled']>[0],
  { slices = '[model_version]', sli = 'task_completion_rate', query = '{ value: ok, samples: n }' } = {},
): Promise<{ stage: TestStage; fake: FakePrometheus }> {
  const fake = await startFakePrometheus();
  fakes.push(fake);
  fake.labelled(series);
  const stage = await stageWith({
    polls: true,
    edit: (text) =>
      text
        .replace(/(\n {4}queries:).*\n(?: {6}.*\n)+/, `$1\n      ${sli}: ${query}\n`)
        .replace('http://prometheus:9090', fake.url)
        .replace(
          'declare: propose\n\nslos:\n  availability',
          `declare: auto\nbaseline: { slices: ${slices} }\n\nslos:\n  availability`,
        ),
  });
  await stage.app.settle();
  return { stage, fake };
}

const stored = (stage: TestStage): Promise<readonly Record<string, unknown>[]> =>
  stage.database.rows(
    sql`select at, value, samples, signal -> 'labels' as labels from signals where source = 'prometheus' order by at, value`,
  );
const told = (stage: TestStage): string =>
  stage.slack
    .channel('incidents')
    .messages.map((message) => stage.slack.render(message))
    .join('\n');

describe('a query that answers by model version', () => {
  it('declares what falls in one version alone, which the total hides', async () => {
    const { stage } = await polling(byVersion);
    expect(await stored(stage)).toHaveLength(2 * 61);
    expect(told(stage)).toBe('');
    await stage.pass(MINUTE);
    expect((await stored(stage)).slice(-2)).toMatchObject([
      { value: 0.7, samples: 100, labels: { model_version: 'v42' } },
      { value: 0.95, samples: 900, labels: { model_version: 'v41' } },
    ]);
    expect(stage.slack.render(latest(stage.slack, 'incidents', 'INC-1'))).toContain(
      'Task completion rate 70.0 % for model version v42 is 24.0 points below its baseline of 94.0 %',
    );
    await stage.slack.as(ANA).command('services llm-inference', { channel: 'general' });
    const services = stage.slack.render(stage.slack.ephemerals().at(-1) ?? []);
    // The total is weighted: 0.9 · 95 % + 0.1 · 70 %.
    expect(services).toContain('Task completion rate 92.5 %');
  });

  it('is stored once, whoever asks again and in whatever order it comes', async () => {
    const { stage } = await polling(byVersion);
    const { services } = stage.app.catalogue;
    const source = services.get('llm-inference')?.sources.prometheus;
    if (source === undefined) throw new Error('no source');
    // As by a replica that does not see yet what the other has stored.
    const again = (order: 1 | -1) =>
      pollPrometheus(
        {
          store: createDeliveryStore(stage.database, () => {}),
          services,
          clock: stage.clock,
          queryRange: async ({ query, to }) => {
            const points = (valueAt: (at: number) => string) => [
              { at: to, value: Number(valueAt(to.getTime() / SECOND)) },
            ];
            const series = byVersion(query).map(([labels, valueAt]) => ({ labels, points: points(valueAt) }));
            return { kind: 'series', series: order === 1 ? series : series.toReversed() };
          },
          newestMeasurements: async () => new Map(),
        },
        'llm-inference',
        { ...source, slices: ['model_version'], addsUp: [] },
      );
    stage.clock.advance(MINUTE);
    await Promise.all([again(1), again(-1)]);
    expect(await stored(stage)).toHaveLength(2 * 62);
    await stage.pass(0);
    expect(await stored(stage)).toHaveLength(2 * 62);
  });

  it.each([
    [{ slices: '[]' }, byVersion, 'a service has one value. Aggregate them'],
    [{ slices: '[language]' }, byVersion, 'Aggregate the rest, as in sum by (language) (…)'],
    [{ query: 'ok' }, byVersion, 'nothing says how much each counts in the total'],
    [
      {},
      (query: string) => (query === 'n' ? [[{}, () => '1000'] as const] : ok),
      'Write the same by (…) in both',
    ],
    [{ sli: 'user_reports' }, byVersion, 'which spikes add up, and a mean is no sum'],
  ])(
    'is told once and not stored with %j where it can’t be added up (control)',
    async (asked, series, why) => {
      const { stage } = await polling(series, asked);
      await stage.pass(MINUTE);
      expect(await stored(stage)).toEqual([]);
      expect(told(stage).split(why)).toHaveLength(2);
    },
  );
});

it('more than 20 versions are one part of the total, and that is told once', async () => {
  const many = [...Array(23).keys()].map(
    (v) => [{ model_version: `v${v}` }, () => (v < 3 ? '0.5' : '0.9')] as const,
  );
  const { stage } = await polling((query) =>
    query === 'n'
      ? many.map(([labels], v) => [labels, () => (v < 3 ? String(100 + v) : '1000')] as const)
      : many,
  );
  await stage.pass(MINUTE);
  const newest = (await stored(stage)).slice(-21);
  expect(newest[0]).toMatchObject({ value: 0.5, samples: 303, labels: {} });
  expect(new Set(newest.map(({ labels }) => JSON.stringify(labels))).size).toBe(21);
  expect(told(stage).split('more than 20 values of model_version')).toHaveLength(2);
});

describe('a catch-up that is too large', () => {
  const values = (count: number, tail = '') =>
    [...Array(count).keys()].map((v) => [{ model_version: `v${v}${tail}` }, () => '0.950000000'] as const);

  it('for one statement is stored oldest first, in whole moments, and goes on after a crash', async () => {
    const { stage } = await polling(() => []);
    const { services } = stage.app.catalogue;
    const source = services.get('llm-inference')?.sources.prometheus;
    if (source === undefined) throw new Error('no source');
    const real = createDeliveryStore(stage.database, () => {});
    const deliveries: (readonly (readonly [number, boolean])[])[] = [];
    const poll = (crashAt: number, signal?: AbortSignal) =>
      pollPrometheus(
        {
          store: {
            storeDelivery: async (delivery, signals, jobs) => {
              if (signals.length > 1000) throw new Error('the statement took too long');
              if (deliveries.length + 1 === crashAt) throw new Error('crashed');
              deliveries.push(signals.map(({ at }) => [at.getTime(), jobs.length > 0]));
              return real.storeDelivery(delivery, signals, jobs);
            },
          },
          services,
          clock: stage.clock,
          queryRange: async ({ from, to, step }) => {
            const moments = Array.from({ length: (to.getTime() - from.getTime()) / step + 1 }, (_, n) => ({
              at: new Date(from.getTime() + n * step),
              value: 0.95,
            }));
            return { kind: 'series', series: values(20).map(([labels]) => ({ labels, points: moments })) };
          },
          newestMeasurements: createStores(stage.database, stage.clock, () => {}).newestMeasurements,
        },
        'llm-inference',
        { ...source, slices: ['model_version'], addsUp: [] },
        signal,
      );
    await expect(poll(2)).rejects.toThrow('crashed');
    expect(await stored(stage)).toHaveLength(50 * 20);
    await poll(0);
    expect(await stored(stage)).toHaveLength(61 * 20);
    expect(deliveries.map((one) => one.length)).toEqual([1000, 220]);
    const times = deliveries.flat().map(([at]) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    // What is half known is not judged.
    expect(deliveries.map((one) => one.every(([, evaluates]) => evaluates))).toEqual([false, true]);

    stage.clock.advance(HOUR);
    await poll(0, AbortSignal.abort());
    expect(await stored(stage)).toHaveLength(61 * 20 + 1000);
    expect(deliveries.at(-1)?.every(([, evaluates]) => evaluates)).toBe(true);
    await poll(0);
    expect(await stored(stage)).toHaveLength(61 * 20 + 60 * 20);
  });

  it('for one answer begins with its newest moment', async () => {
    const { stage, fake } = await polling(() => values(700));
    expect(new Set((await stored(stage)).map(({ at }) => String(at))).size).toBe(1);
    expect(told(stage)).not.toContain('too many series');
    expect(fake.ranges.map(({ start, end }) => end - start)).toEqual([3600, 3600, 0, 0]);
    await stage.pass(MINUTE);
    expect(await stored(stage)).toHaveLength(2 * 21);
    expect(fake.ranges).toHaveLength(6);
  });

  it('is told once where one moment alone is too large (control)', async () => {
    const { stage, fake } = await polling(() => values(6000, 'x'.repeat(180)));
    expect(fake.ranges.map(({ start, end }) => end - start)).toEqual([3600, 3600, 0, 0]);
    await stage.pass(MINUTE);
    expect(await stored(stage)).toEqual([]);
    expect(told(stage).split('The query gives too many series')).toHaveLength(2);
  });
});
