import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clickButton } from '../../src/cli/demo/hands.ts';
import { MINUTE } from '../../src/time.ts';
import { deliver, incidentsChannel, payload, proposal, withSources } from '../support/deliver.ts';
import { ANA, propose, type TestStage, useStage } from '../support/stage.ts';

const SECRET = 'lf-whsec_0123456789';
const useLangfuse = useStage();
const stageWith = (withoutValue = 'trust') =>
  useLangfuse({
    env: { LANGFUSE_WEBHOOK_SECRET: SECRET },
    edit: withSources({
      alerts: `{ from: langfuse, match: { monitorId: monitor_abc123 }, trigger: eval_score_drop, without_value: ${withoutValue} }`,
      more: 'changes: [ { from: langfuse, match: { prompt: support }, what: prompt } ]',
    }),
  });
const send = async (stage: TestStage, name: string) => {
  const body = await payload('langfuse', name);
  const now = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', SECRET).update(`${now}.${body}`).digest('hex');
  return deliver(stage, '/webhooks/langfuse', body, { 'x-langfuse-signature': `t=${now},s=${signature}` });
};

describe('POST /webhooks/langfuse', () => {
  it('an alert that is trusted is proposed, and recovered it closes the question', async () => {
    const stage = await stageWith();
    expect(await send(stage, 'alert')).toEqual([202, { accepted: 1, duplicate: 0, refused: [] }]);
    expect(proposal(stage)).toContain('Langfuse alert “avg hallucination crossed alert threshold” is firing');
    expect(proposal(stage)).toContain('[Declare]');
    stage.clock.advance(14 * MINUTE);
    await send(stage, 'recovered');
    expect(proposal(stage)).not.toContain('[Declare]');
  });

  it('without a value it declares nothing unless the service trusts it', async () => {
    const stage = await stageWith('not_evaluable');
    expect(await send(stage, 'alert')).toMatchObject([202, { accepted: 1 }]);
    expect(incidentsChannel(stage)).toEqual([]);
  });

  it('a version of a prompt that is served is among what moved; one that is not is only answered', async () => {
    const stage = await stageWith();
    await send(stage, 'prompt-version');
    expect(await send(stage, 'prompt-version-unlabelled')).toEqual([
      202,
      { accepted: 0, duplicate: 0, refused: [], note: expect.stringContaining('labels: none') },
    ]);
    expect(incidentsChannel(stage)).toEqual([]);
    await propose(stage);
    await clickButton(stage, ANA, 'incidents', 'Declare');
    const channel = stage.slack.channel('inc-1-support-agent').messages;
    const shown = channel.map((message) => stage.slack.render(message)).join('\n');
    expect(shown).toContain('v4');
    expect(shown).not.toContain('v3');
  });
});
