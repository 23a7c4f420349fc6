import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { pageKey as ownPageKey } from '../../src/adapters/scheduler/own-pages.ts';
import { clickButton, latest } from '../../src/cli/demo/hands.ts';
import { evalRun, healthyWeek } from '../../src/cli/demo/history.ts';
import type { StageOptions } from '../../src/cli/demo/stage.ts';
import { pageKey } from '../../src/incidents/pager.ts';
import { MINUTE, SECOND } from '../../src/time.ts';
import { ANA, START, type TestStage, useStage } from '../support/stage.ts';

const CHANNEL = 'inc-1-support-agent';
const auto = (text: string): string => text.replace('declare: propose', 'declare: auto');
const setUp = useStage();

/** A bot that declares at once, after a healthy week. */
async function start(options: Partial<StageOptions> = {}): Promise<TestStage> {
  const stage = await setUp({ edit: auto, ...options });
  await stage.signals.send(healthyWeek(START));
  await stage.app.settle();
  return stage;
}

/** An eval run that is bad enough for SEV2. */
async function fall(stage: TestStage): Promise<void> {
  await stage.signals.send(evalRun(stage.clock.now(), { task_completion_rate: 0.86 }, 'v42'));
  await stage.app.settle();
}

/** PagerDuty's own alert of the service, mapped by its file. */
async function ring(stage: TestStage, serviceId = 'PSVC1'): Promise<void> {
  await stage.pagerduty.incident({
    type: 'triggered',
    id: 'PINC1',
    title: 'Hallucination rate high',
    serviceId,
  });
  await stage.app.settle();
}

/** What PagerDuty says of the page that aire sent. */
async function hear(
  stage: TestStage,
  type: 'triggered' | 'acknowledged' | 'resolved',
  key = stage.pages.incidents()[0]?.key,
): Promise<void> {
  const agent = { id: 'PUSER1', name: 'Dora' };
  await stage.pagerduty.incident({
    type,
    id: 'PPAGE1',
    // The words that the service file maps to a trigger.
    title: 'Hallucination rate high',
    ...(key === undefined ? {} : { incidentKey: key }),
    ...(type === 'triggered' ? {} : { agent }),
  });
  await stage.app.settle();
}

const said = (stage: TestStage, words: string): number =>
  stage.slack.channel(CHANNEL).messages.filter((message) => message.text.includes(words)).length;
const card = (stage: TestStage): string =>
  stage.slack.render(stage.slack.message(CHANNEL, (message) => message.pinned));
const posts = (stage: TestStage): number =>
  stage.pages.requests().filter((request) => request.method === 'POST').length;
const incidentChannels = (stage: TestStage): readonly string[] =>
  stage.slack
    .channels()
    .map((channel) => channel.name)
    .filter((name) => name.startsWith('inc-'));

describe('who is paged', () => {
  it('the owners of a SEV2 that measurements declared, once, and its channel hears of it', async () => {
    const stage = await start();
    await fall(stage);
    await fall(stage);
    expect(stage.pages.incidents()).toMatchObject([
      {
        serviceId: 'PSVC1',
        title: 'SEV2 INC-1 support-agent: Eval score drop',
        urgency: 'high',
        status: 'triggered',
      },
    ]);
    expect(stage.pages.incidents()[0]?.key).toMatch(/^aire-inc_/);
    expect(stage.pages.incidents()[0]?.details).toContain('Task completion rate 86.0 %');
    expect(said(stage, 'Paged PagerDuty service PSVC1')).toBe(1);
    expect(JSON.stringify(latest(stage.slack, CHANNEL, 'Paged PagerDuty').blocks)).toContain(
      'https://aire.pagerduty.example/incidents/PPAGE1|PagerDuty',
    );
    // Nobody acknowledged: those who were paged are not paged anew.
    await stage.pass(31 * MINUTE);
    expect(posts(stage)).toBe(1);
  });

  it('nobody when PagerDuty itself rang for that service', async () => {
    const stage = await start();
    await ring(stage);
    expect(incidentChannels(stage)).toEqual([CHANNEL]);
    await stage.pass(31 * MINUTE);
    expect(stage.pages.requests()).toEqual([]);
  });

  it('control: the alert of another PagerDuty service woke other people, so the owners are paged', async () => {
    const stage = await start();
    await ring(stage, 'POTHER');
    expect(incidentChannels(stage)).toEqual([CHANNEL]);
    expect(stage.pages.incidents()).toHaveLength(1);
  });

  it('when nobody is on a SEV3 for half an hour, its owners; when somebody is, nobody', async () => {
    const third = (text: string) => auto(text).replace('tier: 1', 'tier: 2');
    const stage = await start({ edit: third });
    await fall(stage);
    expect(card(stage)).toContain('SEV3');
    await stage.pass(29 * MINUTE);
    expect(stage.pages.incidents()).toEqual([]);
    await stage.pass(2 * MINUTE);
    expect(stage.pages.incidents()).toHaveLength(1);
  });

  it('when what declared a SEV3 gets worse, its owners, once however it flaps', async () => {
    const stage = await start({ edit: (text) => auto(text).replace('tier: 1', 'tier: 2') });
    await fall(stage);
    expect([card(stage).includes('SEV3'), stage.pages.incidents()]).toEqual([true, []]);
    for (const rate of [0.8, 0.86, 0.8, 0.86]) {
      await stage.pass(MINUTE);
      await stage.signals.send(evalRun(stage.clock.now(), { task_completion_rate: rate }, 'v42'));
      await stage.app.settle();
      expect(card(stage)).toContain('SEV2');
    }
    expect(said(stage, 'Severity raised from SEV3 to SEV2: Task completion rate 80.0 %')).toBe(1);
    expect(said(stage, 'Severity raised')).toBe(1);
    expect(posts(stage)).toBe(1);
  });

  it('nobody for a SEV3 that somebody took', async () => {
    const stage = await start({ edit: (text) => auto(text).replace('tier: 1', 'tier: 2') });
    await fall(stage);
    await clickButton(stage, ANA, CHANNEL, 'Take command');
    await stage.pass(31 * MINUTE);
    expect(stage.pages.requests()).toEqual([]);
  });

  it('the owners when what attaches raises a SEV3 to a SEV2', async () => {
    const stage = await start({ edit: (text) => auto(text).replace('tier: 1', 'tier: 2') });
    await fall(stage);
    expect(stage.pages.incidents()).toEqual([]);
    await stage.signals.send(evalRun(stage.clock.now(), { refusal_rate: 0.2 }, 'v42'));
    await stage.app.settle();
    expect(card(stage)).toContain('SEV2');
    expect(stage.pages.incidents()).toHaveLength(1);
  });

  it.each([
    ['by the first of two keys while they rotate', 'stage-pagerduty-token,retired-token', 1],
    ['control: not by the second', 'retired-token,stage-pagerduty-token', 0],
  ])('%s', async (_which, PAGERDUTY_API_TOKEN, pages) => {
    const stage = await start({ env: { PAGERDUTY_API_TOKEN } });
    await fall(stage);
    expect(stage.pages.incidents()).toHaveLength(pages);
  });

  it('nobody at all without a key', async () => {
    const stage = await start({ env: { PAGERDUTY_API_TOKEN: '', PAGERDUTY_FROM: '' } });
    await fall(stage);
    await stage.pass(31 * MINUTE);
    await clickButton(stage, ANA, CHANNEL, 'Resolve');
    expect(stage.pages.requests()).toEqual([]);
    expect(said(stage, 'Paged')).toBe(0);
    expect(await stage.count('incidents')).toBe(1);
    expect(JSON.stringify(stage.slack.channel('incidents').messages)).not.toContain('gave up');
  });
});

describe('a PagerDuty that fails', () => {
  it.each(['html_502', 'html_502_after_effect', 'drop_after_effect', 'error_500'] as const)(
    '%s, then answers: one page',
    async (fault) => {
      const stage = await start();
      stage.pages.misbehave(fault, 1);
      await fall(stage);
      expect(said(stage, 'Paged')).toBe(0);
      await stage.pass(2 * SECOND);
      expect(stage.pages.incidents()).toHaveLength(1);
      expect(said(stage, 'Paged PagerDuty service PSVC1')).toBe(1);
    },
  );

  it('limits its rate: it is asked again when it said', async () => {
    const stage = await start();
    stage.pages.misbehave('rate_limited', 4);
    await fall(stage);
    await stage.pass(6 * SECOND);
    expect(stage.pages.incidents()).toEqual([]);
    await stage.pass(2 * SECOND);
    expect(stage.pages.incidents()).toHaveLength(1);
  });

  it('refuses: people are told, in its words', async () => {
    const stage = await start({ env: { PAGERDUTY_FROM: 'ghost@example.com' } });
    await fall(stage);
    expect(latest(stage.slack, 'incidents', 'gave up on “incident.page”').text).toContain(
      'PAGERDUTY_FROM must be the email address of a user',
    );
  });

  it('answers too late: the page of an incident that is over is resolved', async () => {
    const stage = await start();
    stage.pages.misbehave('drop_after_effect', 1);
    await fall(stage);
    await clickButton(stage, ANA, CHANNEL, 'Resolve');
    await stage.pass(2 * MINUTE);
    expect(stage.pages.incidents()).toMatchObject([{ status: 'resolved' }]);
  });
});

describe('what PagerDuty says of a page', () => {
  it('links it once, and never declares, although the service file maps its title', async () => {
    const stage = await start();
    await fall(stage);
    await hear(stage, 'triggered');
    await hear(stage, 'triggered');
    await clickButton(stage, ANA, CHANNEL, 'Resolve');
    await hear(stage, 'triggered');
    expect(said(stage, 'Paged PagerDuty service PSVC1')).toBe(1);
    expect(incidentChannels(stage)).toEqual([CHANNEL]);
    expect(await stage.count('proposals')).toBe(0);
    expect(await stage.count('incidents')).toBe(1);
  });

  it('control: the same words under another key declare', async () => {
    const stage = await start();
    await hear(stage, 'triggered', 'somebody-else');
    expect(incidentChannels(stage)).toEqual([CHANNEL]);
  });

  it.each([
    ['an incident that is not known here', pageKey('inc_unknown')],
    ['aire itself', ownPageKey('outbox_stuck')],
  ])('is ignored for %s', async (_whose, incidentKey) => {
    const stage = await start();
    const answer = await stage.pagerduty.incident({
      type: 'triggered',
      id: 'P1',
      serviceId: 'PNOBODYS',
      title: 'Hallucination rate high',
      incidentKey,
    });
    expect(answer).toMatchObject({ status: 202, body: { accepted: 0 } });
    expect(JSON.stringify(answer.body)).toContain('a page that aire sent');
    await stage.app.settle();
    expect(await stage.count('incidents')).toBe(0);
    expect(stage.slack.channel('incidents').messages).toEqual([]);
  });

  it('acknowledges the incident, once', async () => {
    const stage = await start();
    await fall(stage);
    await stage.pass(3 * MINUTE);
    await hear(stage, 'acknowledged');
    await stage.pass(3 * MINUTE);
    await hear(stage, 'acknowledged');
    expect(said(stage, 'Acknowledged at PagerDuty by Dora.')).toBe(2);
    const [row] = await stage.database.rows(sql`select acknowledged_at from incidents`);
    expect(new Date(String(row?.acknowledged_at)).getTime()).toBe(START.getTime() + 3 * MINUTE);
  });

  it('hints at resolving on the card, and resolves nothing', async () => {
    const stage = await start();
    await fall(stage);
    expect(card(stage)).not.toContain('was resolved at PagerDuty');
    await hear(stage, 'resolved');
    expect(card(stage)).toContain('The page was resolved at PagerDuty.');
    expect(card(stage)).toContain('Triage');
  });
});

describe('the end', () => {
  it('resolving here resolves the page, and its echo says nothing', async () => {
    const stage = await start();
    await fall(stage);
    await clickButton(stage, ANA, CHANNEL, 'Resolve');
    expect(stage.pages.incidents()).toMatchObject([{ status: 'resolved' }]);
    await hear(stage, 'resolved');
    expect(said(stage, 'was resolved at PagerDuty')).toBe(0);
  });

  it('a page that a person resolved at PagerDuty is left alone', async () => {
    const stage = await start();
    await fall(stage);
    stage.pages.change('PPAGE1', 'resolved');
    await clickButton(stage, ANA, CHANNEL, 'Resolve');
    expect(stage.pages.requests().filter((request) => request.method === 'PUT')).toEqual([]);
  });

  const recover = async (stage: TestStage) => {
    await stage.pagerduty.incident({ type: 'resolved', id: 'PINC1', title: 'Hallucination rate high' });
    await stage.app.settle();
  };

  it('asks to resolve when the alert that declared has been resolved, once, and a click does', async () => {
    const stage = await start();
    await ring(stage);
    await stage.pass(MINUTE);
    await recover(stage);
    expect(said(stage, 'All signals have recovered. Resolve?')).toBe(1);
    expect(card(stage)).toContain('Triage');
    await stage.pass(MINUTE);
    await ring(stage);
    await stage.pass(MINUTE);
    await recover(stage);
    expect(said(stage, 'All signals have recovered. Resolve?')).toBe(1);
    await clickButton(stage, ANA, CHANNEL, 'Resolve');
    expect(said(stage, 'Resolved INC-1.')).toBe(1);
  });

  it('does not ask before the SLI has recovered too', async () => {
    const stage = await start();
    await ring(stage);
    await fall(stage);
    await stage.pass(MINUTE);
    await recover(stage);
    expect(said(stage, 'All signals have recovered')).toBe(0);
    await stage.pass(15 * MINUTE);
    await stage.signals.send(evalRun(stage.clock.now(), { task_completion_rate: 0.95 }, 'v41'));
    await stage.app.settle();
    expect(said(stage, 'All signals have recovered. Resolve?')).toBe(1);
  });
});
