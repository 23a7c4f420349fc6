import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clickButton } from '../../src/cli/demo/hands.ts';
import { HOUR, MINUTE } from '../../src/time.ts';
import { deliver, incidentsChannel, payload, proposal, withSources } from '../support/deliver.ts';
import { ANA, propose, type TestStage, useStage } from '../support/stage.ts';

const SECRET = 'langsmith-signing-secret';
const TOKEN = 'token-0123456789';
const useLangSmith = useStage();
const stageWith = (
  rule = 'match: { project: support-prod }, trigger: eval_score_drop, without_value: trust',
) =>
  useLangSmith({
    env: { LANGSMITH_WEBHOOK_SECRET: SECRET, AIRE_ALERT_TOKENS: `langsmith=${TOKEN}` },
    edit: withSources({ alerts: `{ from: langsmith, ${rule} }` }),
  });
const byToken = (stage: TestStage, body: string) =>
  deliver(stage, '/webhooks/langsmith', body, { authorization: `Bearer ${TOKEN}` });
const bySignature = (stage: TestStage, body: string) =>
  deliver(stage, '/webhooks/langsmith', body, {
    'x-langsmith-signature': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
  });

describe('POST /webhooks/langsmith', () => {
  it('an alert is proposed, once an hour, and the answer says that no recovery will come', async () => {
    const stage = await stageWith();
    const body = await payload('langsmith', 'alert');
    expect(await byToken(stage, body)).toEqual([
      202,
      { accepted: 1, duplicate: 0, refused: [], note: expect.stringContaining('never says when it is over') },
    ]);
    expect(proposal(stage)).toContain('LangSmith alert “Low helpfulness” is firing');
    await clickButton(stage, ANA, 'incidents', 'Not an incident');
    const asked = incidentsChannel(stage).length;
    stage.clock.advance(5 * MINUTE);
    await byToken(stage, body.replace('02:40:00', '02:45:00'));
    expect(incidentsChannel(stage)).toHaveLength(asked);
    stage.clock.advance(HOUR);
    await byToken(stage, body.replace('02:40:00', '03:45:00'));
    expect(incidentsChannel(stage)).toHaveLength(asked + 1);
  });

  it('value, threshold and that no recovery will come are on the timeline of an open incident', async () => {
    const stage = await stageWith();
    await propose(stage);
    await clickButton(stage, ANA, 'incidents', 'Declare');
    await byToken(stage, await payload('langsmith', 'alert'));
    await stage.slack.as(ANA).command('show 1');
    const shown = stage.slack.ephemerals().map((each) => stage.slack.render(each));
    expect(shown.at(-1)).toContain(
      'is firing at LangSmith: 0.62, threshold 0.8. Its sender never says when it is over.',
    );
  });

  it('one of nobody is told in the channel with the rule to add', async () => {
    const stage = await stageWith('match: { project: other }, trigger: eval_score_drop');
    await byToken(stage, await payload('langsmith', 'alert'));
    expect(incidentsChannel(stage)).toEqual([
      expect.stringContaining('{ from: langsmith, match: { title: "Low helpfulness" }, trigger: … }'),
    ]);
  });

  it('an issue of the Engine is proposed; a further trace of it is only answered', async () => {
    const stage = await stageWith();
    expect(await bySignature(stage, await payload('langsmith', 'issue-created'))).toMatchObject([
      202,
      { accepted: 1 },
    ]);
    expect(proposal(stage)).toContain('Invented order numbers');
    expect(await bySignature(stage, await payload('langsmith', 'issue-trace-added'))).toMatchObject([
      202,
      { accepted: 0, note: expect.stringContaining('told already') },
    ]);
  });
});
