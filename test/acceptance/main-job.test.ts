import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromPglite } from '../../src/adapters/db/database.ts';
import { clickButton, latest, pickOption, submitForm } from '../../src/cli/demo/hands.ts';
import { badAnswers, evalRun, healthyWeek } from '../../src/cli/demo/history.ts';
import { createNarrator } from '../../src/cli/demo/narrator.ts';
import { type Stage, setStage } from '../../src/cli/demo/stage.ts';
import { playStory } from '../../src/cli/demo/story.ts';
import { silentLogger } from '../../src/log.ts';
import { MINUTE } from '../../src/time.ts';

const ANA = 'U0ANA';
const BEN = 'U0BEN';
const CHI = 'U0CHI';
const START = new Date('2026-11-23T02:42:00Z');
const CHANNEL = 'inc-1-support-agent';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'aire-acceptance-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function open(
  name: string,
  options: Partial<Parameters<typeof setStage>[0]> = {},
): Promise<Stage & { end(): Promise<void> }> {
  const pglite = await PGlite.create();
  const database = await fromPglite(pglite);
  const stage = await setStage({
    directory: join(scratch, name),
    start: START,
    log: silentLogger,
    database,
    ...options,
  });
  return {
    ...stage,
    end: async () => {
      await stage.close();
      await database.close();
    },
  };
}

describe('the main job, from a real alert to a golden case', () => {
  let stage: Awaited<ReturnType<typeof open>>;
  const card = () => stage.slack.render(stage.slack.message(CHANNEL, (message) => message.pinned));
  const pass = async (minutes: number) => {
    stage.clock.advance(minutes * MINUTE);
    await stage.app.settle();
  };

  beforeAll(async () => {
    stage = await open('story');
    await stage.signals.send(healthyWeek(START));
    await stage.signals.send([
      {
        type: 'change',
        id: 'c1',
        service: 'support-agent',
        what: 'model',
        from: 'v41',
        to: 'v42',
        at: START.toISOString(),
        by: 'deploy-bot',
      },
    ]);
    await stage.app.settle();
  });
  afterAll(() => stage.end());

  it('2. takes measurements signed by Standard Webhooks; a healthy week says nothing in Slack', () => {
    expect(stage.slack.channel('incidents').messages).toEqual([]);
  });

  it('3 and 4. proposes an eval score drop with its reason in words', async () => {
    await pass(18);
    const answer = await stage.signals.send(
      evalRun(stage.clock.now(), { task_completion_rate: 0.86 }, 'v42'),
    );
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1, duplicate: 0, refused: [] } });
    await stage.app.settle();
    expect(stage.slack.render(latest(stage.slack, 'incidents', 'declare an incident?'))).toContain(
      'Task completion rate 86.0 % is 9.0 points below its baseline of 95.0 % (trailing 7 days; 200 samples over 15 min). The limit is 5 points.',
    );
    expect(stage.slack.channels().map((channel) => channel.name)).not.toContain(CHANNEL);
  });

  it('4. declares on a click: announcement, channel, topic, pinned card', async () => {
    await clickButton(stage, ANA, 'incidents', 'Declare');
    expect(stage.slack.channel(CHANNEL).topic).toBe('SEV2 · Triage · no commander · INC-1 Eval score drop');
    expect(stage.slack.channel(CHANNEL).members).toContain(ANA);
    expect(card()).toContain('Model v41 → v42 by deploy-bot');
    expect(latest(stage.slack, 'incidents', 'INC-1').text).toBe('SEV2 INC-1 support-agent: Eval score drop');
    expect(stage.slack.render(latest(stage.slack, 'incidents', 'declare an incident?'))).toContain(
      'Declared by @ana as INC-1.',
    );
  });

  it('2, 3 and 4. a mapped PagerDuty alert attaches to it; the same delivery again does nothing', async () => {
    const event = {
      type: 'triggered',
      id: 'PINC1',
      title: 'Hallucination rate high',
      webhookId: 'w1',
    } as const;
    expect((await stage.pagerduty.incident(event)).status).toBe(202);
    expect((await stage.pagerduty.incident(event)).status).toBe(200);
    expect((await stage.pagerduty.ping()).status).toBe(202);
    await stage.app.settle();
    const attached = stage.slack
      .channel(CHANNEL)
      .messages.filter((message) => message.text.includes('Hallucination rate high'));
    expect(attached).toHaveLength(1);
    expect(stage.slack.channels().filter((channel) => channel.name.startsWith('inc-'))).toHaveLength(1);
  });

  it('5. walks triage and scope with buttons, the service’s own step among them', async () => {
    await clickButton(stage, ANA, CHANNEL, 'Take command');
    expect(stage.slack.channel(CHANNEL).topic).toContain('commander Ana Ruiz');
    expect(card()).toContain('Do the last ten answers cite a real help-centre article?');
    for (const button of ['Yes', 'No', 'Skip', 'No']) await clickButton(stage, ANA, CHANNEL, button);
    expect(card()).toContain('Triage is done: go on to scope.');
    await clickButton(stage, ANA, CHANNEL, 'Go on to scope');
    await clickButton(stage, ANA, CHANNEL, 'Yes');
    await clickButton(stage, ANA, CHANNEL, 'Yes');
    await pickOption(stage, ANA, CHANNEL, 'Model version');
    expect(card()).toContain('Cause: model');
    await clickButton(stage, ANA, CHANNEL, 'Go on to mitigate');
  });

  it('6. requests a rollback that its requester and a stranger can not approve', async () => {
    await clickButton(stage, ANA, CHANNEL, 'Roll back the model');
    await submitForm(stage, ANA, { reason: 'v42 invents refund rules' });
    await clickButton(stage, ANA, CHANNEL, 'Approve');
    await clickButton(stage, CHI, CHANNEL, 'Approve');
    expect(stage.slack.ephemerals().map(({ user, text }) => [user, text])).toEqual([
      [ANA, 'You requested “Roll back the model”; somebody else has to approve it.'],
    ]);
    // Chi is not in the channel: a direct message reaches them.
    const direct = stage.slack.channels().filter((channel) => channel.isIm);
    expect(direct.flatMap((channel) => channel.messages.map((message) => message.text))).toEqual([
      'Only ana@example.com, ben@example.com, @ml-oncall may approve or reject “Roll back the model” (approval.approvers in the service file).',
    ]);
    expect(stage.target.requests()).toEqual([]);
  });

  it('6. runs it once, signed, with an idempotency key, when a different person approves', async () => {
    await clickButton(stage, BEN, CHANNEL, 'Approve');
    expect(stage.target.requests()).toMatchObject([
      { verified: true, status: 202, key: expect.stringMatching(/^mit_/) },
    ]);
    expect(JSON.parse(stage.target.requests()[0]?.body ?? '')).toMatchObject({
      from: 'v42',
      to: 'v41',
      service: 'support-agent',
    });
    expect(stage.target.effects()).toHaveLength(1);
  });

  it('6. verifies it against the SLI that fired: not on the target’s word, not on one measurement', async () => {
    const { callback_url } = JSON.parse(stage.target.requests()[0]?.body ?? '') as { callback_url: string };
    await pass(1);
    expect((await stage.target.callback(callback_url, { attempt: 1, status: 'succeeded' })).status).toBe(202);
    await stage.app.settle();
    const state = () =>
      stage.slack.render(latest(stage.slack, CHANNEL, 'Roll back the model for INC-1'.slice(0, 19)));
    expect(latest(stage.slack, CHANNEL, 'Waiting for proof of recovery')).toBeDefined();
    await pass(10);
    await stage.signals.send(evalRun(stage.clock.now(), { task_completion_rate: 0.949 }, 'v41'));
    await stage.app.settle();
    expect(() => latest(stage.slack, CHANNEL, 'Succeeded: Roll back')).toThrow();
    await pass(10);
    await stage.signals.send(evalRun(stage.clock.now(), { task_completion_rate: 0.951 }, 'v41'));
    await stage.app.settle();
    expect(latest(stage.slack, CHANNEL, 'Succeeded: Roll back').text).toBe(
      'Succeeded: Roll back the model. Task completion rate is back at 95.1 % (baseline 95.0 %), 2 measurements in a row.',
    );
    expect(state()).toContain('Succeeded');
  });

  it('8. lists, shows and resolves by command, and says what to do in the wrong place', async () => {
    const ana = stage.slack.as(ANA);
    expect(JSON.stringify((await ana.command('incident list')).body)).toContain('INC-1');
    expect(JSON.stringify((await ana.command('incident show 1')).body)).toContain(
      'Mitigated by: Roll back the model.',
    );
    expect(JSON.stringify((await ana.command('incident resolve', { channel: 'general' })).body)).toContain(
      'This is no incident channel, so say which one: /aire incident resolve &lt;number&gt;. Open: INC-1 (support-agent).',
    );
    await stage.signals.send(badAnswers(new Date(stage.clock.now().getTime() - 40 * MINUTE)));
    await stage.app.settle();
    const resolved = await ana.command('incident resolve v41 serves again', { channel: CHANNEL });
    expect(JSON.stringify(resolved.body)).toContain('INC-1 is resolved.');
    await stage.app.settle();
  });

  it('7. drafts a postmortem with the documented sections; what is not known says so', async () => {
    const path = latest(stage.slack, CHANNEL, 'Postmortem drafted').text.replace('Postmortem drafted: ', '');
    const text = await readFile(path, 'utf8');
    for (const section of [
      'Model behaviour',
      'Prompt and context analysis',
      'Contributing factors',
      'Detection',
      'Root cause',
      'Action items',
    ]) {
      expect(text).toContain(`## ${section}`);
    }
    expect(text).toContain('_Not recorded. Say how many requests or customers were affected, in numbers._');
    expect(text).toContain('decided by Ben Okafor');
    expect(text).not.toContain('maria.lopez');
  });

  it('7. commits an approved golden case as JSONL in Git, redacted', async () => {
    await clickButton(stage, BEN, CHANNEL, 'Approve');
    const repository = join(stage.directory, 'golden-dataset');
    const lines = (await readFile(join(repository, 'cases', 'support-agent.jsonl'), 'utf8'))
      .trim()
      .split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      input: expect.stringContaining('[email]'),
      metadata: { incident: 'INC-1', approved_by: BEN },
    });
    expect(execFileSync('git', ['-C', repository, 'status', '--porcelain'], { encoding: 'utf8' })).toBe('');
  });

  it('8. posts the review so far on request', async () => {
    await clickButton(stage, ANA, CHANNEL, 'Add action item');
    await submitForm(stage, ANA, {
      what: 'Gate releases on refund cases',
      owner: { type: 'user', value: BEN },
    });
    await stage.slack.as(CHI).command('review now');
    await stage.app.settle();
    const digest = stage.slack.render(latest(stage.slack, 'incidents', 'Weekly reliability review'));
    expect(digest).toContain('INC-1');
    expect(digest).toContain('Gate releases on refund cases');
    expect(digest).toContain('Latency p95: no data');
  });

  it('asked Slack for nothing that Slack does not know', () => {
    expect(stage.slack.unexpectedCalls()).toEqual([]);
  });
});

describe('the main job, other ways', () => {
  it('4. declares at once where the service says auto, and only once', async () => {
    const stage = await open('auto', { edit: (text) => text.replace('declare: propose', 'declare: auto') });
    await stage.signals.send(healthyWeek(START));
    await stage.signals.send(evalRun(START, { task_completion_rate: 0.8 }, 'v42'));
    await stage.app.settle();
    stage.clock.advance(15 * MINUTE);
    await stage.signals.send(evalRun(stage.clock.now(), { task_completion_rate: 0.8 }, 'v42'));
    await stage.app.settle();
    expect(stage.slack.channels().filter((channel) => channel.name.startsWith('inc-'))).toHaveLength(1);
    expect(stage.slack.channel(CHANNEL).topic).toContain('SEV1');
    await stage.end();
  });

  it('9. plays the demo', async () => {
    const stage = await open('demo');
    const narrator = createNarrator(() => {}, stage.clock);
    await playStory(stage, narrator);
    expect(narrator.count()).toBe(11);
    await stage.end();
  });
});
