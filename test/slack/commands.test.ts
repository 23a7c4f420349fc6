import { describe, expect, it } from 'vitest';
import { clickButton } from '../../src/cli/demo/hands.ts';
import { ANA, BEN, propose, START, type TestStage, useStage } from '../support/stage.ts';

const stageWith = useStage();
const CHANNEL = 'inc-1-support-agent';

/** What the person reads. */
async function say(stage: TestStage, text: string, channel = 'general'): Promise<string> {
  await stage.slack.as(ANA).command(text, { channel });
  const shown = stage.slack.ephemerals().at(-1);
  await stage.app.settle();
  return shown === undefined ? '' : stage.slack.render(shown);
}

async function declared(): Promise<TestStage> {
  const stage = await stageWith();
  await propose(stage);
  await clickButton(stage, ANA, 'incidents', 'Declare');
  return stage;
}

describe('/aire', () => {
  it('alone, with help and with ? shows what it can do', async () => {
    const stage = await stageWith();
    const help = await say(stage, '');
    expect(help).toContain('/aire incident declare opens a form to declare one');
    expect(await say(stage, 'help')).toBe(help);
    expect(await say(stage, '?')).toBe(help);
  });

  it('in an incident channel says that it is one', async () => {
    const stage = await declared();
    expect(await say(stage, 'help', CHANNEL)).toContain('You are in an incident channel');
    expect(await say(stage, 'help')).not.toContain('You are in an incident channel');
  });

  it('says what it does not know, shows what it knows, and makes no mention of it', async () => {
    const stage = await stageWith();
    await stage.slack.as(ANA).command('make `coffee` <!channel>', { channel: 'general' });
    const shown = stage.slack.ephemerals().at(-1);
    expect(shown?.text).toBe("I don't know `make coffee &lt;!channel&gt;`. This is what I know:");
    expect(stage.slack.render(shown ?? [])).toContain('/aire review now posts the weekly review so far');
    expect(await stage.count('jobs')).toBe(0);
  });

  it('does not guess what a misspelt command means', async () => {
    const stage = await stageWith();
    for (const text of ['incident lst', 'review later', 'incident 12', 'i frobnicate'])
      expect(await say(stage, text), text).toContain("I don't know");
  });
});

describe('/aire services', () => {
  it('says for each service how many triggers are live, and for one which, and why others are not', async () => {
    const stage = await stageWith();
    const at = stage.clock.now().toISOString();
    const measured = { type: 'measurement', id: 'm', service: 'support-agent', at, samples: 200 };
    await stage.signals.send([{ ...measured, sli: 'structured_output_error_rate', value: 0.001 }]);
    await stage.app.settle();
    expect(await say(stage, 'services')).toContain(
      'support-agent tier 1, propose, no open incidents: 2 of 14 triggers live',
    );
    const one = await say(stage, 'services support-agent');
    expect(one).toContain('Structured output errors (live): Structured output error rate 0.1 %, 0 s ago');
    expect(one).toContain('Latency (not evaluable): Latency p95: no data');
    await stage.pass(3 * 60 * 60_000);
    expect(await say(stage, 'service support-agent')).toContain('Structured output errors (silent)');
  });

  it('counts open incidents, and knows no service that is not there', async () => {
    const stage = await declared();
    expect(await say(stage, 'services')).toContain('1 open incident');
    expect(await say(stage, 'services nobody')).toBe(
      'There is no service "nobody". /aire services shows what there is.',
    );
  });
});

describe('/aire incident list', () => {
  it('says in all its spellings that none is open and how to declare one', async () => {
    const stage = await stageWith();
    for (const text of [
      'incident list',
      'incidents',
      'inc ls',
      'i open',
      'list',
      'LIST',
      '  incident   list ',
    ])
      expect(await say(stage, text), text).toBe('No incident is open. /aire incident declare declares one.');
  });

  it('shows the open ones with their channels, and not the resolved ones', async () => {
    const stage = await declared();
    expect(await say(stage, 'incident list')).toBe(
      `:red_circle: Triage SEV2 INC-1 support-agent: Eval score drop → #${CHANNEL}\nnobody in command, since 2026-11-23 02:42 UTC`,
    );
    await say(stage, 'resolve 1');
    expect(await say(stage, 'incident list')).toContain('No incident is open.');
  });
});

describe('/aire incident show', () => {
  it('shows INC-1 in all its spellings', async () => {
    const stage = await declared();
    for (const text of ['incident show 1', 'show #1', 'inc status INC-1', 'view inc-1', 'info 1']) {
      const shown = await say(stage, text);
      expect(shown, text).toContain(`SEV2 · INC-1 · support-agent → #${CHANNEL}`);
      expect(shown, text).toContain('02:42 UTC @ana Declared SEV2');
    }
  });

  it('needs no number in the incident channel', async () => {
    expect(await say(await declared(), 'incident show', CHANNEL)).toContain('INC-1');
  });

  it('says that there is no such incident', async () => {
    expect(await say(await declared(), 'incident show 99')).toBe(
      'There is no INC-99. /aire incident list shows what is open.',
    );
  });
});

describe('/aire incident resolve', () => {
  it('in the wrong place names what is open', async () => {
    expect(await say(await declared(), 'incident resolve')).toBe(
      'This is no incident channel, so say which one: /aire incident resolve <number>. Open: INC-1 (support-agent).',
    );
  });

  it('in the wrong place, with nothing open', async () => {
    const stage = await stageWith();
    expect(await say(stage, 'incident resolve')).toBe(
      'This is no incident channel, so say which one: /aire incident resolve <number>. No incident is open.',
    );
    expect(await say(stage, 'incident show')).toBe(
      'This is no incident channel, so say which one: /aire incident show <number>. No incident is open.',
    );
  });

  it('with an unknown number changes nothing', async () => {
    const stage = await declared();
    expect(await say(stage, 'incident resolve 7')).toBe(
      'There is no INC-7. /aire incident list shows what is open.',
    );
    expect(await say(stage, 'list')).toContain('INC-1');
  });

  it.each([
    ['incident resolve rolled back', CHANNEL],
    ['fixed 1 rolled back', 'general'],
    ['end inc-1 rolled back', 'general'],
  ])('%j in #%s resolves with what fixed it', async (text, channel) => {
    const stage = await declared();
    expect(await say(stage, text, channel)).toBe(
      'INC-1 is resolved. Its postmortem is being drafted; the card in its channel has the follow-up.',
    );
    const said = stage.slack.message(CHANNEL, (message) => message.text.includes('Resolved INC-1'));
    expect(stage.slack.render(said)).toContain('@ana: Resolved INC-1. rolled back');
  });

  it('a second time says that it is resolved already', async () => {
    const stage = await declared();
    await say(stage, 'resolve 1');
    expect(await say(stage, 'resolve 1')).toBe('INC-1 is resolved already.');
  });
});

describe('/aire review now', () => {
  it('posts the review once, even when the command is delivered twice', async () => {
    const stage = await stageWith();
    const answer = await stage.slack.as(BEN).command('review', { channel: 'general', replay: true });
    expect(answer.body).toMatchObject({
      text: 'The weekly review so far is being posted in #incidents.',
    });
    await stage.app.settle();
    expect(stage.slack.channel('incidents').messages).toHaveLength(1);
    expect(stage.clock.now()).toEqual(START);
  });
});
