import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { clickButton, latest, submitForm } from '../../src/cli/demo/hands.ts';
import type { StageOptions } from '../../src/cli/demo/stage.ts';
import { MINUTE } from '../../src/time.ts';
import { type FakePrometheus, startFakePrometheus } from '../support/fake-prometheus.ts';
import { ANA, type TestStage, useStage } from '../support/stage.ts';

const CHANNEL = 'inc-1-llm-inference';
const stageWith = useStage();
const fakes: FakePrometheus[] = [];
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake.close();
});

const card = (stage: TestStage): string =>
  stage.slack.render(stage.slack.message(CHANNEL, (message) => message.pinned));

/** The shipped service of a model on its own GPUs, its runbook for every incident, and a Prometheus. */
async function declared(
  options: {
    edit?: (text: string) => string;
    answer?: (fake: FakePrometheus) => void;
    severity?: string;
  } & Pick<Partial<StageOptions>, 'env'> = {},
): Promise<{ stage: TestStage; fake: FakePrometheus }> {
  const fake = await startFakePrometheus();
  fakes.push(fake);
  options.answer?.(fake);
  const edit = options.edit ?? ((text: string) => text);
  const stage = await stageWith({
    ...(options.env === undefined ? {} : { env: options.env }),
    edit: (text) =>
      edit(
        text.replace('http://prometheus:9090', fake.url).replace('when: { trigger: latency }', 'when: {}'),
      ),
  });
  await stage.slack.as(ANA).command('incident declare Slow answers');
  await submitForm(stage, ANA, {
    service: 'llm-inference',
    title: 'Slow answers',
    severity: options.severity ?? 'SEV3',
    kind: 'infrastructure',
  });
  return { stage, fake };
}

describe('steps that aire runs', () => {
  it('run by themselves at declaration, and the card shows what they found', async () => {
    const { stage, fake } = await declared({
      answer: (fake) =>
        fake.vector((query) =>
          query.includes('GPU_UTIL')
            ? ['40', '99.5']
            : query.includes('kv_cache')
              ? ['0.41']
              : query.includes('waiting')
                ? []
                : ['NaN'],
        ),
    });
    expect(fake.asked.map(({ query }) => query).sort()[0]).toBe(
      'DCGM_FI_DEV_FB_USED{pod=~"llm-inference.*"} / (DCGM_FI_DEV_FB_USED{pod=~"llm-inference.*"} + DCGM_FI_DEV_FB_FREE{pod=~"llm-inference.*"})',
    );
    const shown = card(stage);
    expect(shown).toContain('Triage: 4 of 8 steps');
    expect(shown).toContain('99.5 % at gpu="1", the worst of 2 (limit: below 95 %)');
    expect(shown).toContain('41 % (limit: below 90 %)');
    expect(shown).toContain('no data: the query found no series');
    expect(shown).toContain('no data: the value is NaN');
    // The next step is one for people, nobody has acknowledged, and the channel is not filled with findings.
    expect(shown).toContain('Is the infrastructure healthy?');
    const [row] = await stage.database.rows(sql`select acknowledged_at from incidents`);
    expect(row?.acknowledged_at).toBeNull();
    expect(
      stage.slack.channel(CHANNEL).messages.filter((each) => each.text.includes('limit: below')),
    ).toEqual([]);
  });

  it('Run reads when a person asks', async () => {
    const byHand = (text: string) => text.replaceAll('run: auto', 'run: click');
    const { stage, fake } = await declared({ edit: byHand, answer: (fake) => fake.vector(() => ['3']) });
    for (const _step of ['infrastructure', 'requests', 'quick_eval'])
      await clickButton(stage, ANA, CHANNEL, 'Yes');
    expect(fake.asked).toEqual([]);
    expect(card(stage)).toContain('Do the GPUs have compute to spare?');
    await clickButton(stage, ANA, CHANNEL, 'Run');
    expect(fake.asked).toHaveLength(1);
    expect(card(stage)).toContain('3 % (limit: below 95 %)');
  });

  it('when Prometheus is down they fail in words; run again, they find', async () => {
    const { stage, fake } = await declared({
      answer: (fake) => fake.answer(502, '<html>Bad gateway</html>'),
    });
    for (const _step of ['infrastructure', 'requests', 'quick_eval'])
      await clickButton(stage, ANA, CHANNEL, 'Yes');
    expect(card(stage)).toContain('Prometheus, or a proxy before it, answered 502.');
    await stage.pass(MINUTE);
    expect(fake.asked).toHaveLength(4);
    fake.vector(() => ['12']);
    await clickButton(stage, ANA, CHANNEL, 'Run again');
    expect(card(stage)).toContain('12 % (limit: below 95 %)');
    // What failed can as well be answered by whoever has looked elsewhere.
    await clickButton(stage, ANA, CHANNEL, 'No');
    expect(card(stage)).toContain('[Run again]');
  });

  it('a private address that was not allowed says what to add', async () => {
    const { stage } = await declared({ env: { AIRE_ALLOW_HOSTS: 'localhost' } });
    for (const _step of ['infrastructure', 'requests', 'quick_eval'])
      await clickButton(stage, ANA, CHANNEL, 'Yes');
    expect(card(stage)).toContain('set this and restart: AIRE_ALLOW_HOSTS=localhost,127.0.0.1');
  });
});

describe('a step that pages', () => {
  const pages = (owners: string) => (text: string) =>
    text
      .replace('  team: inference-platform\n', `  team: inference-platform\n${owners}`)
      .replace(
        '      - id: gpu\n',
        `      - { id: page, kind: page, phase: triage, title: Page the owners }\n      - id: gpu\n`,
      );

  it('pages the owners of what pages nobody by itself', async () => {
    const { stage } = await declared({ edit: pages('  pagerduty_service: PSVC1\n') });
    for (const _step of ['infrastructure', 'requests', 'quick_eval'])
      await clickButton(stage, ANA, CHANNEL, 'Yes');
    expect(card(stage)).toContain('Owners: inference-platform, #inference-platform, ben@example.com');
    expect(stage.pages.incidents()).toEqual([]);
    await clickButton(stage, ANA, CHANNEL, 'Page');
    expect(stage.pages.incidents()).toMatchObject([
      { serviceId: 'PSVC1', title: expect.stringContaining('INC-1') },
    ]);
    expect(card(stage)).toContain('paged PSVC1');
    expect(latest(stage.slack, CHANNEL, 'Paged PagerDuty service PSVC1')).toBeDefined();
  });

  it('says when they were paged, where that was done already', async () => {
    const edit = pages('  pagerduty_service: PSVC1\n');
    const { stage } = await declared({ edit, severity: 'SEV2' });
    for (const _step of ['infrastructure', 'requests', 'quick_eval'])
      await clickButton(stage, ANA, CHANNEL, 'Yes');
    await clickButton(stage, ANA, CHANNEL, 'Page');
    expect(card(stage)).toContain('already paged at 2026-11-23 02:42 UTC');
    expect(stage.pages.incidents()).toHaveLength(1);
  });

  it('without a PagerDuty service it says who to call, and is done by hand', async () => {
    const { stage } = await declared({ edit: pages('') });
    for (const _step of ['infrastructure', 'requests', 'quick_eval'])
      await clickButton(stage, ANA, CHANNEL, 'Yes');
    await clickButton(stage, ANA, CHANNEL, 'Page');
    expect(card(stage)).toContain(
      'The service file has no owners.pagerduty_service. Call them: inference-platform, #inference-platform, ben@example.com.',
    );
    await clickButton(stage, ANA, CHANNEL, 'Done');
    expect(card(stage)).not.toContain('Call them');
    expect(stage.pages.incidents()).toEqual([]);
  });
});
