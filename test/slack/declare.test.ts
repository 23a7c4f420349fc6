import { describe, expect, it } from 'vitest';
import { latest, submitForm } from '../../src/cli/demo/hands.ts';
import { ANA, BEN, type TestStage, toldTo, useStage } from '../support/stage.ts';

const stageWith = useStage();
const CHANNEL = 'inc-1-support-agent';
const BAD = { service: 'support-agent', title: 'Invents refund rules' };
const TOO_LATE = 'Slack did not open the form in time. Please try again.';

async function form(stage: TestStage, user = ANA, title = ''): Promise<string> {
  await stage.slack.as(user).command(`declare ${title}`, { channel: 'general' });
  const view = stage.slack.views().findLast((each) => each.user === user);
  if (view === undefined) throw new Error('no form is open');
  return view.id;
}

describe('declaring by hand', () => {
  it('a form, filled and submitted, opens an incident with its channel and card', async () => {
    const stage = await stageWith();
    const view = await form(stage, ANA, 'Invents refunds');
    expect(JSON.stringify(stage.slack.views())).toContain('"initial_value":"Invents refunds"');
    const answer = await stage.slack.as(ANA).submit(view, {
      ...BAD,
      severity: 'SEV1',
      kind: 'safety',
      reason: 'Three customers wrote.',
    });
    expect(answer.body).toMatchObject({ response_action: 'update' });
    expect(stage.slack.render(stage.slack.views()[0]?.blocks ?? [])).toContain('Declared.');
    await stage.app.settle();

    const channel = stage.slack.channel(CHANNEL);
    expect(channel.members).toContain(ANA);
    expect(channel.topic).toBe('SEV1 · Triage · no commander · INC-1 Invents refund rules');
    const card = stage.slack.message(CHANNEL, (message) => message.pinned);
    expect(stage.slack.render(card)).toContain('SEV1 · INC-1 · Invents refund rules');
    const line = stage.slack.render(latest(stage.slack, 'incidents', 'INC-1'));
    expect(line).toContain(`SEV1 · INC-1 · support-agent → #${CHANNEL}`);
    expect(line).toContain('Three customers wrote.');
    expect(stage.slack.unexpectedCalls()).toEqual([]);
  });

  it('opens a skeleton first and fills it then', async () => {
    const stage = await stageWith();
    await form(stage);
    const calls = stage.slack.calls().map((call) => call.method);
    expect(calls.filter((method) => method.startsWith('views.'))).toEqual(['views.open', 'views.update']);
  });

  it('by the shortcut too', async () => {
    const stage = await stageWith();
    await stage.slack.as(ANA).shortcut('declare_ai_incident');
    await submitForm(stage, ANA, BAD);
    expect(stage.slack.channel(CHANNEL).name).toBe(CHANNEL);
  });

  it('submitted twice declares once', async () => {
    const stage = await stageWith();
    const view = await form(stage);
    const answer = await stage.slack.as(ANA).submit(view, BAD, { replay: true });
    expect(answer.replayed).toEqual({ status: answer.status, body: answer.body });
    await stage.app.settle();
    expect(await stage.count('incidents')).toBe(1);
    expect(stage.slack.channels().filter((each) => each.name.startsWith('inc-'))).toHaveLength(1);
  });

  it('a rival incident stands as an error in the form, which keeps what was typed', async () => {
    const stage = await stageWith();
    await stage.slack.as(ANA).submit(await form(stage), BAD);
    const view = await form(stage, BEN);
    const answer = await stage.slack.as(BEN).submit(view, BAD);
    expect(answer.body).toEqual({
      response_action: 'errors',
      errors: {
        service:
          'INC-1 (SEV2) of this kind is open for support-agent: Invents refund rules. Work there, or choose another kind for a separate incident.',
      },
    });
    expect(stage.slack.views().some((each) => each.id === view)).toBe(true);

    await stage.slack.as(BEN).submit(view, { ...BAD, kind: 'cost' });
    expect(await stage.count('incidents')).toBe(2);
  });

  it('a title of blanks is an error in the form', async () => {
    const stage = await stageWith();
    const answer = await stage.slack.as(ANA).submit(await form(stage), { ...BAD, title: '   ' });
    expect(answer.body).toMatchObject({ errors: { service: 'Say in a few words what is wrong.' } });
  });

  it('a title full of mentions mentions nobody', async () => {
    const stage = await stageWith();
    await stage.slack.as(ANA).submit(await form(stage), { ...BAD, title: '<!channel> & <@U0BEN>' });
    await stage.app.settle();
    const said = [CHANNEL, 'incidents'].flatMap((name) => stage.slack.channel(name).messages);
    expect(said).toHaveLength(3);
    for (const message of said) {
      const mrkdwn = JSON.stringify(message.blocks.filter((block) => block.type !== 'header'));
      expect(`${message.text}${mrkdwn}`).not.toMatch(/<!channel|<@U0BEN/);
    }
  });
});

describe('a form that comes too late', () => {
  it('a command answers in words', async () => {
    const stage = await stageWith();
    stage.slack.misbehave('views.open', 'platform_error:expired_trigger_id');
    const answer = await stage.slack.as(ANA).command('declare');
    expect(answer.body).toMatchObject({ response_type: 'ephemeral', text: TOO_LATE });
    expect(stage.slack.views()).toEqual([]);
  });

  it('a shortcut answers in a direct message', async () => {
    const stage = await stageWith();
    stage.slack.misbehave('views.open', 'platform_error:expired_trigger_id');
    expect((await stage.slack.as(ANA).shortcut('declare_ai_incident')).status).toBe(200);
    await stage.app.settle();
    expect(toldTo(stage, ANA)).toBe(TOO_LATE);
  });
});
