import { describe, expect, it, onTestFinished } from 'vitest';
import { clickButton, latest, pickOption, submitForm } from '../../src/cli/demo/hands.ts';
import { HOUR, MINUTE } from '../../src/time.ts';
import { startFakePrometheus } from '../support/fake-prometheus.ts';
import { ANA, START, type TestStage, useStage } from '../support/stage.ts';

const CHANNEL = 'inc-1-llm-inference';
const stageWith = useStage();

/** A value of the p95 latency of each of some minutes up to now. */
async function latency(stage: TestStage, seconds: number, minutes: number): Promise<void> {
  const now = stage.clock.now().getTime();
  await stage.signals.send(
    Array.from({ length: minutes }, (_, i) => ({
      type: 'measurement',
      id: `${seconds}-${now}-${i}`,
      service: 'llm-inference',
      sli: 'latency_p95',
      value: seconds,
      samples: 500,
      window_s: 60,
      at: new Date(now - (minutes - 1 - i) * MINUTE).toISOString(),
    })),
  );
  await stage.app.settle();
}

/** The scaling endpoint is played by the target's only one. */
const toTheTarget = (text: string) => text.replace('{{service}}/scale', 'rollback');

describe('a GPU-served model gets slow', () => {
  it('is proposed after ten minutes above twice the baseline, contained from its own runbook and proven', async () => {
    const prometheus = await startFakePrometheus();
    onTestFinished(() => prometheus.close());
    prometheus.vector((query) => (query.includes('GPU_UTIL') ? ['71', '99.2'] : ['0.5']));
    const stage = await stageWith({
      edit: (text) => toTheTarget(text).replace('http://prometheus:9090', prometheus.url),
    });
    stage.clock.set(new Date(START.getTime() - 2 * HOUR));
    await latency(stage, 1, 60);
    stage.clock.set(START);
    await latency(stage, 2.5, 9);
    expect(stage.slack.channel('incidents').messages).toEqual([]);
    await stage.pass(MINUTE);
    await latency(stage, 2.5, 1);
    expect(stage.slack.render(latest(stage.slack, 'incidents', 'declare an incident?'))).toContain(
      'Latency p95 2.50 s is 2.50 times its baseline of 1.00 s (trailing 7 days; 500 samples over 1 min; for 10 min). The limit is 2 times for 10 min.',
    );

    await clickButton(stage, ANA, 'incidents', 'Declare');
    const card = () => stage.slack.render(stage.slack.message(CHANNEL, (message) => message.pinned));
    // What could be read was read at declaration; the first step is one for people.
    expect(card()).toContain('Do the GPUs have compute to spare?');
    expect(card()).toContain('99.2 % at gpu="1", the worst of 2 (limit: below 95 %)');
    expect(card()).toContain('50 % (limit: below 97 %)');
    await clickButton(stage, ANA, CHANNEL, 'Go on to scope');
    await clickButton(stage, ANA, CHANNEL, 'Yes');
    await clickButton(stage, ANA, CHANNEL, 'Yes');
    await pickOption(stage, ANA, CHANNEL, 'Infrastructure');
    await pickOption(stage, ANA, CHANNEL, 'Compute is saturated');
    await clickButton(stage, ANA, CHANNEL, 'Go on to mitigate');
    expect(card()).toContain('Roll back recent changes, scale, or isolate');

    // Low risk: no second person is asked for, and the timeline says so.
    await clickButton(stage, ANA, CHANNEL, 'Double the replicas');
    await submitForm(stage, ANA, {});
    expect(stage.target.requests()).toMatchObject([{ verified: true }]);
    expect(JSON.parse(stage.target.requests()[0]?.body ?? '')).toEqual({ factor: 2, reason: 'INC-1' });
    expect(latest(stage.slack, CHANNEL, 'no second person needed')).toBeDefined();
    for (let minute = 0; minute < 3; minute++) {
      await stage.pass(MINUTE);
      await latency(stage, 1.1, 1);
    }
    expect(latest(stage.slack, CHANNEL, 'Succeeded: Double the replicas').text).toContain(
      'Latency p95 is back at 1.10 s (baseline 1.00 s), 3 measurements in a row.',
    );
  });

  it.each([
    [11, 1],
    [9, 0],
  ])(
    'at %s s, with an SLO of 2 s, calls its owners %s times after a quarter of an hour',
    async (seconds, times) => {
      const stage = await stageWith({ edit: (text) => text.replace('declare: propose', 'declare: auto') });
      stage.clock.set(new Date(START.getTime() - 2 * HOUR));
      await latency(stage, 1, 60);
      stage.clock.set(START);
      await latency(stage, seconds, 11);
      for (let minute = 0; minute < 16; minute++) {
        await stage.pass(MINUTE);
        await latency(stage, seconds, 1);
      }
      const called = stage.slack
        .channel(CHANNEL)
        .messages.filter((message) => message.text.includes('above 5 times its SLO'));
      expect(called).toHaveLength(times);
    },
  );

  it('calls its owners also when it gets that slow only after it was declared', async () => {
    const stage = await stageWith({ edit: (text) => text.replace('declare: propose', 'declare: auto') });
    stage.clock.set(new Date(START.getTime() - 2 * HOUR));
    await latency(stage, 1, 60);
    stage.clock.set(START);
    await latency(stage, 4, 11);
    for (let minute = 0; minute < 22; minute++) {
      await stage.pass(MINUTE);
      await latency(stage, minute < 5 ? 4 : 11, 1);
    }
    await stage.pass(MINUTE);
    expect(latest(stage.slack, CHANNEL, 'above 5 times its SLO')).toBeDefined();
  });

  it('is not proposed for a spike, nor through a hole in the evidence', async () => {
    const stage = await stageWith();
    stage.clock.set(new Date(START.getTime() - 2 * HOUR));
    await latency(stage, 1, 60);
    stage.clock.set(START);
    await latency(stage, 3, 4);
    await stage.pass(5 * MINUTE);
    await latency(stage, 3, 1);
    await stage.pass(MINUTE);
    await latency(stage, 3, 1);
    expect(stage.slack.channel('incidents').messages).toEqual([]);
  });
});
