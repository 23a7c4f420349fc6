import { describe, expect, it } from 'vitest';
import { clickButton, latest, pickOption, submitForm } from '../../src/cli/demo/hands.ts';
import { ANA, BEN, CHI, propose, type TestStage, toldTo, useStage } from '../support/stage.ts';

const stageWith = useStage();
const CHANNEL = 'inc-1-support-agent';
const OTHER_VERSION = 'This is from another version of aire. Use the newest message in this channel.';

const incidentChannels = (stage: TestStage) =>
  stage.slack.channels().filter((each) => each.name.startsWith('inc-'));
const card = (stage: TestStage) =>
  stage.slack.render(stage.slack.message(CHANNEL, (message) => message.pinned));

async function proposed() {
  const stage = await stageWith();
  await propose(stage);
  const { ts } = latest(stage.slack, 'incidents', 'declare an incident?');
  const press = (user: string, actionId = 'proposal.declare', replay = false) =>
    stage.slack.as(user).click({ channel: 'incidents', ts, actionId }, { replay });
  return { stage, press };
}

async function declared(): Promise<TestStage> {
  const { stage } = await proposed();
  await clickButton(stage, ANA, 'incidents', 'Declare');
  return stage;
}

/** Through triage and scope; the cause is the model. */
async function toMitigate(stage: TestStage): Promise<void> {
  await clickButton(stage, ANA, CHANNEL, 'Go on to scope');
  for (const _step of ['what_moved', 'inputs']) await clickButton(stage, ANA, CHANNEL, 'Yes');
  await pickOption(stage, ANA, CHANNEL, 'Model version');
  await clickButton(stage, ANA, CHANNEL, 'Go on to mitigate');
}

/** Posts a message as an older or newer aire would have, and presses its button. */
async function pressForeign(stage: TestStage, element: Readonly<Record<string, unknown>>): Promise<number> {
  const posted = await fetch(`${stage.slack.url}/api/chat.postMessage`, {
    method: 'POST',
    headers: { authorization: 'Bearer xoxb-stage', 'content-type': 'application/json' },
    body: JSON.stringify({
      channel: CHANNEL,
      text: 'from another version',
      blocks: [{ type: 'actions', elements: [element] }],
    }),
  });
  const { ts } = (await posted.json()) as { ts: string };
  const actionId = String(element.action_id);
  const person = stage.slack.as(ANA);
  const answer =
    element.type === 'button'
      ? await person.click({ channel: CHANNEL, ts, actionId })
      : await person.select({ channel: CHANNEL, ts, actionId, option: 'model' });
  await stage.app.settle();
  return answer.status;
}

describe('Declare', () => {
  it('pressed by two people at once opens one incident, and the second hears which', async () => {
    const { stage, press } = await proposed();
    const answers = await Promise.all([press(ANA), press(BEN)]);
    await stage.app.settle();
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    expect(await stage.count('incidents')).toBe(1);
    expect(incidentChannels(stage)).toHaveLength(1);

    const shown = stage.slack.render(latest(stage.slack, 'incidents', 'declare an incident?'));
    expect(shown).toMatch(/Declared by @(ana|ben) as INC-1\./);
    const second = shown.includes('@ana') ? BEN : ANA;
    expect(stage.slack.ephemerals().map((each) => [each.user, each.text])).toEqual([
      [second, 'Somebody was faster: it is declared as INC-1.'],
    ]);
  });

  it('delivered twice opens one incident, and tells nobody anything', async () => {
    const { stage, press } = await proposed();
    const answer = await press(ANA, 'proposal.declare', true);
    expect([answer.status, answer.replayed?.status]).toEqual([200, 200]);
    await stage.app.settle();
    expect(incidentChannels(stage)).toHaveLength(1);
    expect(stage.slack.ephemerals()).toEqual([]);
  });

  it('after "Not an incident" changes nothing, and says so', async () => {
    const { stage, press } = await proposed();
    await press(ANA, 'proposal.dismiss');
    const late = await press(BEN);
    await stage.app.settle();
    expect(late.status).toBe(200);
    expect(await stage.count('incidents')).toBe(0);
    expect(toldTo(stage, BEN)).toBe(
      'Somebody was faster: it is not an incident. /aire incident declare declares one all the same.',
    );
    const shown = stage.slack.render(latest(stage.slack, 'incidents', 'declare an incident?'));
    expect(shown).toContain('Not an incident, said by @ana.');
    expect(shown).not.toContain('[Declare]');
  });
});

describe('the card', () => {
  it('a step ticked by two people at once is ticked once more, not twice shown', async () => {
    const stage = await declared();
    const { ts } = stage.slack.message(CHANNEL, (message) => message.pinned);
    await Promise.all(
      [ANA, BEN].map((user) => stage.slack.as(user).click({ channel: CHANNEL, ts, actionId: 'step.ok' })),
    );
    await stage.app.settle();
    expect(card(stage)).toContain('Triage: 1 of 4 steps');
    expect(stage.slack.channel(CHANNEL).messages.filter((each) => each.pinned)).toHaveLength(1);
  });

  it('a phase advanced twice hears where it is', async () => {
    const stage = await declared();
    const { ts } = stage.slack.message(CHANNEL, (message) => message.pinned);
    const click = { channel: CHANNEL, ts, actionId: 'incident.advance' };
    await stage.slack.as(BEN).click(click);
    await stage.slack.as(ANA).click(click);
    await stage.app.settle();
    expect(card(stage)).toContain('Scope: 1 of 4 steps');
    expect(toldTo(stage, ANA)).toBe('INC-1 is already in scope.');
  });

  it('what somebody outside the channel is told reaches them directly', async () => {
    const stage = await declared();
    const { ts } = stage.slack.message(CHANNEL, (message) => message.pinned);
    const click = { channel: CHANNEL, ts, actionId: 'incident.advance' };
    await stage.slack.as(ANA).click(click);
    await stage.slack.as(CHI).click(click);
    await stage.app.settle();
    const direct = stage.slack.channels().find((each) => each.isIm && each.members.includes(CHI));
    expect(direct?.messages.map((message) => message.text)).toEqual(['INC-1 is already in scope.']);
  });

  it('a choice is kept, and selects what is offered', async () => {
    const stage = await declared();
    await clickButton(stage, ANA, CHANNEL, 'Go on to scope');
    for (const _step of ['what_moved', 'inputs']) await clickButton(stage, ANA, CHANNEL, 'Yes');
    await pickOption(stage, ANA, CHANNEL, 'Retrieval or index');
    expect(card(stage)).toContain('Cause: retrieval');
    await clickButton(stage, ANA, CHANNEL, 'Go on to mitigate');
    expect(card(stage)).toContain('This service has no mitigation for that cause in its file');
  });
});

describe('several mitigations that fit', () => {
  it('are all offered on the card, and each opens its own form', async () => {
    const stage = await stageWith({
      edit: (file) => {
        const end = file.indexOf('\ndashboards:');
        const second = file
          .slice(file.indexOf('  roll_back_model:'), end)
          .replace('roll_back_model', 'smaller_model')
          .replace('Roll back the model', 'Use the smaller model');
        return `${file.slice(0, end)}${second}${file.slice(end)}`;
      },
    });
    await propose(stage);
    await clickButton(stage, ANA, 'incidents', 'Declare');
    await toMitigate(stage);
    expect(card(stage)).toContain('[Roll back the model]\n[Use the smaller model]\n[Done] [Skip]');
    for (const title of ['Use the smaller model', 'Roll back the model']) {
      await clickButton(stage, ANA, CHANNEL, title);
      expect(stage.slack.render(stage.slack.views().at(-1)?.blocks ?? [])).toContain(`${title} at support`);
    }
  });
});

describe('forms on the card', () => {
  async function atNote(): Promise<TestStage> {
    const stage = await declared();
    await clickButton(stage, ANA, CHANNEL, 'Go on to scope');
    await clickButton(stage, ANA, CHANNEL, 'Go on to mitigate');
    await clickButton(stage, ANA, CHANNEL, 'Yes');
    await clickButton(stage, ANA, CHANNEL, 'Write');
    return stage;
  }

  it('a note is written into the step', async () => {
    const stage = await atNote();
    await submitForm(stage, ANA, { note: '40 customers <!channel>' });
    expect(card(stage)).toContain('Who was affected, and how much?: 40 customers <!channel> (@ana)');
    expect(JSON.stringify(stage.slack.channel(CHANNEL).messages)).not.toContain('<!channel>');
  });

  it('a note of blanks is an error in the form', async () => {
    const stage = await atNote();
    const view = stage.slack.views().at(-1);
    const answer = await stage.slack.as(ANA).submit(view?.id ?? '', { note: '  ' });
    expect(answer.body).toEqual({
      response_action: 'errors',
      errors: { note: 'Write something for “Who was affected, and how much?”, or skip the step.' },
    });
  });

  it('an action item is added once, with its owner and date', async () => {
    const stage = await declared();
    await clickButton(stage, ANA, CHANNEL, 'Resolve');
    await clickButton(stage, ANA, CHANNEL, 'Add action item');
    const view = stage.slack.views().at(-1);
    const filled = {
      what: 'Gate releases',
      owner: { type: 'user', value: BEN },
      due: { type: 'date', value: '2026-12-04' },
    } as const;
    await stage.slack.as(ANA).submit(view?.id ?? '', filled, { replay: true });
    await stage.app.settle();
    expect(await stage.count('action_items')).toBe(1);
    expect(stage.slack.render(latest(stage.slack, CHANNEL, 'Action item'))).toContain(
      '@ana: Action item: Gate releases (due 2026-12-04)',
    );
  });

  it('a form that is late says so to the person only', async () => {
    const stage = await declared();
    await clickButton(stage, ANA, CHANNEL, 'Resolve');
    stage.slack.misbehave('views.open', 'platform_error:expired_trigger_id');
    await clickButton(stage, ANA, CHANNEL, 'Add action item');
    expect(toldTo(stage, ANA)).toBe('Slack did not open the form in time. Please try again.');
  });
});

describe('a button of another version', () => {
  const button = (action_id: string, value: string) => ({
    type: 'button',
    action_id,
    value,
    text: { type: 'plain_text', text: 'Go' },
  });

  it('whose value says something else is answered in words', async () => {
    const stage = await declared();
    for (const [action, value] of [
      ['step.ok', 'inc_1/infrastructure'],
      ['step.note', '["only one"]'],
      ['incident.advance', '["inc_1","post_incident"]'],
      ['mitigation.request', '{}'],
      ['mitigation.approve', '["a","b"]'],
      ['incident.split', ''],
    ] as const) {
      const told = stage.slack.ephemerals().length;
      expect(await pressForeign(stage, button(action, value)), action).toBe(200);
      expect(
        stage.slack
          .ephemerals()
          .slice(told)
          .map((each) => each.text),
        action,
      ).toEqual([OTHER_VERSION]);
    }
  });

  it('about something that is not there any more is answered in words', async () => {
    const stage = await declared();
    for (const [action, words] of [
      ['incident.take_command', 'That incident is not known here.'],
      ['proposal.declare', 'That question is not known here any more.'],
      ['golden.approve', 'That golden case is not known here.'],
      ['mitigation.happened', 'That mitigation is not known here.'],
    ] as const) {
      expect(await pressForeign(stage, button(action, 'gone')), action).toBe(200);
      expect(toldTo(stage, ANA), action).toBe(words);
    }
  });

  it('a choice whose block says nothing of its step is answered in words', async () => {
    const stage = await declared();
    const select = {
      type: 'static_select',
      action_id: 'step.choose',
      options: [{ text: { type: 'plain_text', text: 'Model' }, value: 'model' }],
    };
    expect(await pressForeign(stage, select)).toBe(200);
    expect(toldTo(stage, ANA)).toBe(OTHER_VERSION);
  });
});
