import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/time.ts';
import { deliver, incidentsChannel, payload, proposal, withSources } from '../support/deliver.ts';
import { useStage } from '../support/stage.ts';

const useGrafana = useStage();
const stageWith = () =>
  useGrafana({
    env: { GRAFANA_WEBHOOK_SECRET: 'new-secret,old-secret', AIRE_ALERT_TOKENS: 'grafana=token-0123456789' },
    edit: withSources({
      alerts:
        '{ from: grafana, match: { title: "hallucination*", env: prod }, trigger: eval_score_drop, without_value: trust }',
    }),
  });
const signed = (body: string, secret = 'new-secret') => {
  const now = String(Math.floor(Date.now() / 1000));
  return {
    'x-grafana-alerting-timestamp': now,
    'x-grafana-alerting-signature': createHmac('sha256', secret).update(`${now}:${body}`).digest('hex'),
  };
};

describe('POST /webhooks/grafana', () => {
  it('a signed alert with a rule is proposed, and resolved it recovers', async () => {
    const stage = await stageWith();
    const firing = await payload('grafana', 'firing');
    expect(await deliver(stage, '/webhooks/grafana', firing, signed(firing))).toEqual([
      202,
      { accepted: 2, duplicate: 0, refused: [] },
    ]);
    expect(proposal(stage)).toContain('Grafana alert “Hallucination rate high” is firing');
    expect(proposal(stage)).toContain('[Declare]');

    stage.clock.advance(14 * MINUTE);
    const resolved = await payload('grafana', 'resolved');
    await deliver(stage, '/webhooks/grafana', resolved, signed(resolved, 'old-secret'));
    expect(proposal(stage)).not.toContain('[Declare]');
  });

  it('resolved and firing again with the same startsAt, it is asked about again; its repeat is not', async () => {
    const stage = await stageWith();
    const say = async (name: string) => {
      const body = await payload('grafana', name);
      return (await deliver(stage, '/webhooks/grafana', body, signed(body)))[1];
    };
    await say('firing');
    await stage.pass(14 * MINUTE);
    await say('resolved');
    await stage.pass(5 * MINUTE);
    // The group's second alert was firing all the while.
    expect(await say('firing')).toEqual({ accepted: 1, duplicate: 1, refused: [] });
    expect(proposal(stage)).toContain('[Declare]');
    expect(await say('firing')).toEqual({ accepted: 0, duplicate: 2, refused: [] });
  });

  it('a test of the contact point is answered and shown nowhere', async () => {
    const stage = await stageWith();
    expect(
      await deliver(stage, '/webhooks/grafana/token-0123456789', await payload('grafana', 'test'), {}),
    ).toEqual([
      202,
      { accepted: 0, duplicate: 0, refused: [], note: expect.stringContaining('A test declares nothing') },
    ]);
    expect([incidentsChannel(stage), await stage.count('signals')]).toEqual([[], 0]);
  });
});
