import { sql } from 'drizzle-orm';
import { afterEach, expect, it } from 'vitest';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { readUnanswered } from '../../src/adapters/db/unanswered.ts';
import { ownProblems } from '../../src/adapters/scheduler/own-problems.ts';
import type { StageOptions } from '../../src/cli/demo/stage.ts';
import { pollPrometheus } from '../../src/signals/poll-prometheus.ts';
import { MINUTE, SECOND } from '../../src/time.ts';
import { type FakePrometheus, startFakePrometheus } from '../support/fake-prometheus.ts';
import { START, type TestStage, useStage } from '../support/stage.ts';

const stageWith = useStage();
const fakes: FakePrometheus[] = [];
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake.close();
});

/** When answers become slow, in seconds. */
const SLOW_SINCE = (START.getTime() + 5 * MINUTE) / SECOND;
const slowed = (at: number): string => (at >= SLOW_SINCE ? '4.2' : '0.9');

/** The model on its own GPUs, whose latency is polled each minute. */
async function polling(
  {
    queries = 'latency_p95: p95',
    headers = '',
    ...options
  }: Partial<StageOptions> & { queries?: string; headers?: string } = {},
  answer: (fake: FakePrometheus) => void = (fake) => fake.series(() => [slowed]),
): Promise<{ stage: TestStage; fake: FakePrometheus }> {
  const fake = await startFakePrometheus();
  fakes.push(fake);
  answer(fake);
  return { stage: await start(fake, headers === '' ? queries : `${queries}\n    ${headers}`, options), fake };
}

async function start(fake: FakePrometheus, queries: string, options: Partial<StageOptions> = {}) {
  const stage = await stageWith({
    ...options,
    polls: true,
    edit: (text) =>
      text
        .replace(/(\n {4}queries:).*\n(?: {6}.*\n)+/, `$1\n      ${queries}\n`)
        .replace('http://prometheus:9090', fake.url)
        .replace(
          'declare: propose\n\nslos:\n  availability',
          'declare: auto\nbaseline: { pinned: { latency_p95: 1s } }\n\nslos:\n  availability',
        ),
  });
  await stage.app.settle();
  return stage;
}

async function stored(stage: TestStage): Promise<readonly Record<string, unknown>[]> {
  return stage.database.rows(
    sql`select sli, at, value, samples from signals where source = 'prometheus' order by at`,
  );
}
const channels = (stage: TestStage): readonly string[] =>
  stage.slack.channels().flatMap(({ name }) => (name.startsWith('inc-') ? [name] : []));
const incidentsChannel = (stage: TestStage): string =>
  stage.slack
    .channel('incidents')
    .messages.map((message) => stage.slack.render(message))
    .join('\n');

it('a series that crosses its limit becomes an incident, and each moment is stored once', async () => {
  const { stage, fake } = await polling();
  expect(fake.ranges).toEqual([
    { query: 'p95', start: START.getTime() / 1000 - 3600, end: START.getTime() / 1000, step: 60 },
  ]);
  expect(await stored(stage)).toHaveLength(61);
  for (let minute = 1; minute <= 13; minute++) await stage.pass(MINUTE);
  expect(channels(stage)).toEqual([]);
  await stage.pass(MINUTE);
  expect(channels(stage)).toEqual(['inc-1-llm-inference']);
  expect(incidentsChannel(stage)).toContain('Latency p95 4.20 s');
  expect(await stored(stage)).toHaveLength(61 + 14);
  expect(fake.ranges.at(-1)).toMatchObject({
    start: START.getTime() / 1000 + 840,
    end: START.getTime() / 1000 + 840,
  });
});

it('a restart asks only for what was missed, and a second replica adds no poll', async () => {
  const { stage, fake } = await polling();
  const first = fake.ranges.length;
  stage.clock.advance(20 * MINUTE);
  const start2 = { database: stage.database, start: stage.clock.now() };
  const again = await start(fake, 'latency_p95: p95', start2);
  expect(fake.ranges.slice(first)).toEqual([
    { query: 'p95', start: START.getTime() / 1000 + 60, end: START.getTime() / 1000 + 1200, step: 60 },
  ]);
  // The first bot still runs, on the same database: either may announce it, one polls.
  await Promise.all([stage.app.settle(), again.app.settle()]);
  expect([...channels(stage), ...channels(again)]).toEqual(['inc-1-llm-inference']);
  const before = fake.ranges.length;
  await Promise.all([stage.pass(MINUTE), again.pass(MINUTE)]);
  expect(fake.ranges.slice(before)).toHaveLength(1);
  expect(await stored(again)).toHaveLength(61 + 21);
  // Control: with two jobs of two keys there would be two.
  const [row] = await again.database.rows(
    sql`select count(*)::int as n from jobs where kind = 'prometheus.poll' and state = 'ready'`,
  );
  expect(row?.n).toBe(1);
});

it('what is asked for twice is stored once', async () => {
  const { stage, fake } = await polling();
  const { services } = stage.app.catalogue;
  const source = services.get('llm-inference')?.sources.prometheus;
  if (source === undefined) throw new Error('no source');
  // As by a replica that does not see yet what the other has stored.
  const again = () =>
    pollPrometheus(
      {
        store: createDeliveryStore(stage.database, () => {}),
        services,
        clock: stage.clock,
        queryRange: async ({ from, to, step }) => {
          const moments = (to.getTime() - from.getTime()) / step + 1;
          const at = (n: number) => new Date(from.getTime() + n * step);
          return {
            kind: 'series',
            series: [
              { labels: {}, points: Array.from({ length: moments }, (_, n) => ({ at: at(n), value: 7 })) },
            ],
          };
        },
        newestMeasurements: async () => new Map(),
      },
      'llm-inference',
      { ...source, slices: [], addsUp: [] },
    );
  stage.clock.advance(MINUTE);
  await Promise.all([again(), again()]);
  const rows = await stored(stage);
  expect(rows).toHaveLength(61 + 1);
  expect(rows.filter(({ value }) => value === 7)).toHaveLength(1);
  expect(fake.ranges).toHaveLength(1);
});

it('holes and NaN are no measurements, and what comes late is still taken', async () => {
  let late = true;
  const { stage } = await polling({}, (fake) =>
    fake.series(() => [
      (at) => (at % 120 === 0 ? 'NaN' : at > START.getTime() / 1000 && late ? undefined : '0.9'),
    ]),
  );
  expect(await stored(stage)).toHaveLength(30);
  await stage.pass(MINUTE);
  expect(await stored(stage)).toHaveLength(30);
  late = false;
  await stage.pass(MINUTE);
  const rows = await stored(stage);
  expect(rows).toHaveLength(31);
  expect(rows.every(({ value }) => value === 0.9)).toBe(true);
});

it('the sample size comes from a second query; a rate that is no fraction is refused and told once', async () => {
  const queries = 'availability: { value: ok, samples: n }\n      error_rate: percent';
  const { stage } = await polling({ queries }, (fake) =>
    fake.series((query) => [() => ({ ok: '0.999', n: '120.4', percent: '87' })[query]]),
  );
  expect((await stored(stage)).at(-1)).toMatchObject({ sli: 'availability', value: 0.999, samples: 120 });
  await stage.pass(MINUTE);
  await stage.pass(MINUTE);
  const told = incidentsChannel(stage);
  expect(told).toContain(
    'sources.prometheus.queries.error_rate of llm-inference: value: 87 is outside 0–1; rates are fractions (0.87, not 87)',
  );
  expect(told.split('error_rate of llm-inference')).toHaveLength(2);
  expect((await stored(stage)).every(({ sli }) => sli === 'availability')).toBe(true);
});

it('a secret goes into the header of each query', async () => {
  const { fake } = await polling({
    headers: `headers: { authorization: "Bearer $\{AIRE_SECRET_DEPLOY}" }`,
  });
  expect(fake.ranges.map(({ authorization }) => authorization)).toEqual(['Bearer stage-deploy-token']);
});

it('several series are no value: it is said once how to make one of them', async () => {
  const { stage } = await polling({}, (fake) => fake.series(() => [() => '1', () => '9']));
  await stage.pass(MINUTE);
  expect(await stored(stage)).toEqual([]);
  const told = incidentsChannel(stage);
  expect(told).toContain('The query gives 2 series, such as {gpu="0"} and {gpu="1"}');
  expect(told.split('2 series')).toHaveLength(2);
});

it('a Prometheus that does not answer is a problem of aire after 5 minutes, until it answers', async () => {
  const { stage, fake } = await polling({}, (fake) => fake.answer(401, 'no'));
  const problem = async () =>
    ownProblems({
      oldestDueSeconds: undefined,
      oldestEvaluationSeconds: undefined,
      deadJobs: 0,
      missedReview: undefined,
      unanswered: await readUnanswered(stage.database, stage.clock.now()),
    }).get('source_unanswered');
  await stage.pass(4 * MINUTE);
  expect(await problem()).toBeUndefined();
  await stage.pass(2 * MINUTE);
  expect(await problem()).toContain(
    'Prometheus of llm-inference (since 02:42 UTC): Prometheus refused access (401); see sources.prometheus.headers.',
  );
  fake.series(() => [slowed]);
  await stage.pass(MINUTE);
  expect(await problem()).toBeUndefined();
  expect(await stored(stage)).toHaveLength(61);
});
