import { describe, expect, it } from 'vitest';
import { latest } from '../../src/cli/demo/hands.ts';
import { MINUTE } from '../../src/time.ts';
import { ANA, type TestStage, useStage } from '../support/stage.ts';

const CHANNEL = 'inc-1-support-agent';
const stageWith = useStage();

/** One evals run: how good each slice was, and of how many samples. */
type Run = Readonly<Record<string, readonly [value: number, samples: number]>>;

/** Two hours in which all was well, then these runs, five minutes apart. */
async function measured(slices: string | undefined, label: string, well: Run, ...runs: readonly Run[]) {
  const stage = await stageWith({
    edit: (text) =>
      text
        .replace('declare: propose', 'declare: auto')
        .replace('baseline: { over: 7d }', `baseline: { over: 7d${slices ?? ''} }`),
  });
  const now = stage.clock.now().getTime();
  await send(
    stage,
    label,
    ...Array.from({ length: 24 }, (_, i) => [well, now - (24 - i) * 5 * MINUTE] as const),
  );
  for (const run of runs) {
    await send(stage, label, [run, stage.clock.now().getTime()]);
    await stage.pass(5 * MINUTE);
  }
  return stage;
}

async function send(stage: TestStage, label: string, ...runs: readonly (readonly [Run, number])[]) {
  await stage.signals.send(
    runs.flatMap(([run, at]) =>
      Object.entries(run).map(([slice, [value, samples]]) => ({
        type: 'measurement',
        id: `${at} ${slice}`,
        service: 'support-agent',
        sli: 'task_completion_rate',
        value,
        samples,
        at: new Date(at).toISOString(),
        labels: { [label]: slice },
      })),
    ),
  );
  await stage.app.settle();
}

/** Of the total a fall of 1.6 points, which is no incident. */
const WELL = { en: [0.95, 900], de: [0.94, 100] } as const;
const GERMAN_FALLS = { en: [0.96, 900], de: [0.7, 100] } as const;
const ASKED = ', slices: [language]';

describe('a drop in one language that the total hides', () => {
  it('declares an incident that names the language, on the announcement, the card and in /aire services', async () => {
    const stage = await measured(ASKED, 'language', WELL, GERMAN_FALLS);
    const reason =
      'Task completion rate 70.0 % for language de is 24.0 points below its baseline of 94.0 % (trailing 7 days; 100 samples). The limit is 5 points.';
    expect(stage.slack.render(latest(stage.slack, 'incidents', 'INC-1'))).toContain(reason);
    const card = () => stage.slack.render(stage.slack.message(CHANNEL, (message) => message.pinned));
    expect(card()).toContain(reason);
    expect(card()).toContain('Task completion rate for language de 70.0 % (still off)');

    await stage.slack.as(ANA).command('services support-agent', { channel: 'general' });
    const services = stage.slack.render(stage.slack.ephemerals().at(-1) ?? []);
    expect(services).toContain('Task completion rate by language: 2 of 2 values judged');
    expect(services).toContain('Task completion rate for language de 70.0 %, 5 min ago (firing)');

    for (let check = 0; check < 3; check++) {
      await send(stage, 'language', [{ en: [0.96, 900], de: [0.95, 100] }, stage.clock.now().getTime()]);
      await stage.pass(MINUTE);
      if (check === 0)
        expect(card()).toContain('Task completion rate for language de 95.0 % (well, but not for sure yet)');
    }
    expect(card()).toContain('Task completion rate for language de 95.0 % (recovered)');
    expect(
      latest(stage.slack, CHANNEL, 'Recovered: Task completion rate 95.0 % for language de'),
    ).toBeDefined();
  });

  it('is not seen where the service asks for no slices (control)', async () => {
    const stage = await measured(undefined, 'language', WELL, GERMAN_FALLS);
    expect(stage.slack.channel('incidents').messages).toEqual([]);
  });

  it('is not judged before that language has a baseline', async () => {
    const stage = await measured(ASKED, 'language', { en: [0.95, 900] }, GERMAN_FALLS);
    expect(stage.slack.channel('incidents').messages).toEqual([]);
    await stage.slack.as(ANA).command('services support-agent', { channel: 'general' });
    expect(stage.slack.render(stage.slack.ephemerals().at(-1) ?? [])).toContain(
      'Task completion rate for language de: no baseline yet: 0 of 12 healthy measurements in 7 days',
    );
  });
});

it("a sender's value of a label is shown as it is, and mentions nobody", async () => {
  const hostile = '<!channel> `x` <https://evil.example|click>';
  const stage = await measured(
    ', slices: [tenant]',
    'tenant',
    { acme: [0.95, 900], [hostile]: [0.94, 100] },
    { acme: [0.96, 900], [hostile]: [0.7, 100] },
  );
  await stage.slack.as(ANA).command('services support-agent', { channel: 'general' });
  const said = JSON.stringify([
    ...['incidents', CHANNEL].flatMap((name) => stage.slack.channel(name).messages),
    ...stage.slack.ephemerals(),
  ]);
  expect(said).toContain(
    "for tenant “&lt;!channel&gt; 'x' &lt;https://evil.example|click&gt;” is 24.0 points",
  );
  expect(said).not.toContain('<!channel>');
  expect(said).not.toContain('<https://evil.example');
});
