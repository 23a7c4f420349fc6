import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clickButton, latest, submitForm } from '../../src/cli/demo/hands.ts';
import { badAnswers } from '../../src/cli/demo/history.ts';
import { MINUTE } from '../../src/time.ts';
import {
  ANA,
  BEN,
  CHI,
  propose,
  requestRollback,
  type TestStage,
  toldTo,
  useStage,
} from '../support/stage.ts';

const stageWith = useStage();
const CHANNEL = 'inc-1-support-agent';

/** Ana has asked for the rollback of INC-1. */
async function requested(): Promise<TestStage> {
  const stage = await stageWith();
  await requestRollback(stage);
  return stage;
}

const directTo = (stage: TestStage, user: string) =>
  stage.slack
    .channels()
    .filter((each) => each.isIm && each.members.includes(user))
    .flatMap((each) => each.messages.map((message) => message.text));
const mitigationCard = (stage: TestStage) =>
  stage.slack.render(latest(stage.slack, CHANNEL, 'Roll back the model for INC-1'));

describe('approving a mitigation', () => {
  it('the form shows what will change; the card shows it to whoever approves', async () => {
    const stage = await requested();
    const shown = mitigationCard(stage);
    for (const words of [
      'current model: v42',
      'previous good model: v41',
      'Reason: v42 invents refund rules',
    ])
      expect(shown).toContain(words);
    expect(stage.target.requests()).toEqual([]);
  });

  it('the requester is told privately that somebody else must', async () => {
    const stage = await requested();
    await clickButton(stage, ANA, CHANNEL, 'Approve');
    expect(toldTo(stage, ANA)).toBe('You requested “Roll back the model”; somebody else has to approve it.');
    expect(stage.target.requests()).toEqual([]);
    expect(mitigationCard(stage)).toContain('Approval needed');
  });

  it('somebody who may not is told who may', async () => {
    const stage = await requested();
    await clickButton(stage, CHI, CHANNEL, 'Approve');
    expect(directTo(stage, CHI)).toEqual([
      'Only ana@example.com, ben@example.com, @ml-oncall may approve or reject “Roll back the model” (approval.approvers in the service file).',
    ]);
    await clickButton(stage, CHI, CHANNEL, 'Reject');
    expect(stage.target.requests()).toEqual([]);
    expect(mitigationCard(stage)).toContain('Approval needed');
  });

  it('an approver who presses twice sends it once', async () => {
    const stage = await requested();
    const { ts } = latest(stage.slack, CHANNEL, 'Roll back the model for INC-1');
    const click = { channel: CHANNEL, ts, actionId: 'mitigation.approve' };
    const ben = stage.slack.as(BEN);
    await Promise.all([ben.click(click, { replay: true }), ben.click(click)]);
    await stage.app.settle();
    expect(stage.target.requests()).toHaveLength(1);
    expect(directTo(stage, BEN)).toEqual([]);
    expect(mitigationCard(stage)).toContain('approved by @ben');
  });

  it('the requester may take it back', async () => {
    const stage = await requested();
    await clickButton(stage, ANA, CHANNEL, 'Reject');
    expect(mitigationCard(stage)).toContain('Rejected');
    await clickButton(stage, BEN, CHANNEL, 'Roll back the model');
    expect(stage.target.requests()).toEqual([]);
  });

  it('who may approve is asked again later while Slack is away', async () => {
    const stage = await requested();
    const { ts } = latest(stage.slack, CHANNEL, 'Roll back the model for INC-1');
    stage.slack.down(true);
    const click = { channel: CHANNEL, ts, actionId: 'mitigation.approve' };
    expect((await stage.slack.as(BEN).click(click)).status).toBe(200);
    await stage.app.settle();
    expect(stage.target.requests()).toEqual([]);
    stage.slack.down(false);
    await stage.pass(MINUTE);
    expect(stage.target.requests()).toHaveLength(1);
  });

  it('a reason sent twice requests once', async () => {
    const stage = await requested();
    await clickButton(stage, ANA, CHANNEL, 'Reject');
    await clickButton(stage, ANA, CHANNEL, 'Roll back the model');
    const view = stage.slack.views().at(-1);
    await stage.slack.as(ANA).submit(view?.id ?? '', { reason: 'again' }, { replay: true });
    expect(await stage.count('mitigations')).toBeLessThanOrEqual(2);
  });
});

describe('golden cases', () => {
  async function drafted(): Promise<TestStage> {
    const stage = await stageWith();
    await propose(stage);
    await clickButton(stage, ANA, 'incidents', 'Declare');
    await stage.pass(MINUTE);
    await stage.signals.send(badAnswers(stage.clock.now()));
    await stage.app.settle();
    await clickButton(stage, ANA, CHANNEL, 'Resolve');
    return stage;
  }
  const committed = (stage: TestStage) =>
    readFile(join(stage.directory, 'golden-dataset', 'cases', 'support-agent.jsonl'), 'utf8');
  const refusal = (stage: TestStage) =>
    stage.slack.render(latest(stage.slack, CHANNEL, 'Golden case (refusal)'));

  it('one without an expected answer goes through the form', async () => {
    const stage = await drafted();
    expect(refusal(stage)).toContain('[Write the expected answer] [Reject]');
    await clickButton(stage, BEN, CHANNEL, 'Write the expected answer');
    await submitForm(stage, BEN, { expected: 'Use the link on the sign-in page.' });
    expect(await committed(stage)).toContain('Use the link on the sign-in page.');
    expect(refusal(stage)).toContain('Approved by @ben, committed to cases/support-agent.jsonl');
  });

  it('an expected answer of blanks is an error in the form', async () => {
    const stage = await drafted();
    await clickButton(stage, BEN, CHANNEL, 'Write the expected answer');
    const view = stage.slack.views().at(-1);
    const answer = await stage.slack.as(BEN).submit(view?.id ?? '', { expected: '  ' });
    expect(answer.body).toEqual({
      response_action: 'errors',
      errors: { expected: 'Write the expected answer first: a case without one proves nothing.' },
    });
  });

  it('nothing is committed before somebody approves, nor what somebody rejects', async () => {
    const stage = await drafted();
    await expect(committed(stage)).rejects.toThrow('ENOENT');
    const { ts } = latest(stage.slack, CHANNEL, 'Golden case (refusal)');
    await stage.slack.as(BEN).click({ channel: CHANNEL, ts, actionId: 'golden.reject' });
    await stage.slack.as(ANA).click({ channel: CHANNEL, ts, actionId: 'golden.edit' });
    await stage.app.settle();
    expect(refusal(stage)).toContain('Rejected by @ben');
    await expect(committed(stage)).rejects.toThrow('ENOENT');
  });

  it('an expected answer longer than a form holds is not cut, but refused', async () => {
    const stage = await stageWith();
    await propose(stage);
    await clickButton(stage, ANA, 'incidents', 'Declare');
    await stage.pass(MINUTE);
    const [example] = badAnswers(stage.clock.now());
    await stage.signals.send([{ ...example, expected: 'y'.repeat(3001) }]);
    await stage.app.settle();
    await clickButton(stage, ANA, CHANNEL, 'Resolve');
    await clickButton(stage, ANA, CHANNEL, 'Edit and approve');
    expect(stage.slack.render(stage.slack.views().at(-1)?.blocks ?? [])).toBe(
      "The expected answer is longer than the 3000 characters Slack's forms hold. Approve it as it is, or reject it.",
    );
  });
});
