import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MINUTE } from '../../time.ts';
import { clickButton, latest, pickOption, submitForm } from './hands.ts';
import { badAnswers, evalRun, healthyWeek } from './history.ts';
import type { Narrator } from './narrator.ts';
import type { Stage } from './stage.ts';

const ANA = 'U0ANA';
const BEN = 'U0BEN';

/** One incident from its alert to its golden case, through the real endpoints. @throws Error at the first milestone that does not hold. */
export async function playStory(stage: Stage, narrator: Narrator): Promise<void> {
  const { app, slack, clock } = stage;
  const pass = async (minutes: number): Promise<void> => {
    clock.advance(minutes * MINUTE);
    await app.settle();
  };

  await aModelIsReleased(stage, narrator);

  narrator.act('03:00. PagerDuty rings, and aire asks');
  await pass(18);
  narrator.signal();
  const alert = await stage.pagerduty.incident({
    type: 'triggered',
    id: 'PINC1',
    title: 'Hallucination rate high on support-agent',
  });
  narrator.tell('PagerDuty', `POST /webhooks/pagerduty answered ${alert.status}`);
  await app.settle();
  const proposal = latest(slack, 'incidents', 'declare an incident?');
  narrator.shows('#incidents', slack.render(proposal));
  narrator.milestone('the alert became a question, not a page for everybody', alert.status === 202);

  narrator.act('Ana declares');
  await pass(1);
  await clickButton(stage, ANA, 'incidents', 'Declare');
  const channel = slack.channels().find((each) => each.name.startsWith('inc-1'))?.name ?? '';
  narrator.milestone(
    `#${channel} is open, its card pinned`,
    slack.channel(channel).messages.some((message) => message.pinned),
  );
  const evals = evalRun(clock.now(), { task_completion_rate: 0.86, hallucination_rate: 0.094 }, 'v42');
  await stage.signals.send(evals);
  await app.settle();
  narrator.tell('evals', 'the next eval run arrives: completion 86 %, hallucination 9.4 % on 200 samples');
  narrator.shows(`#${channel}, new message`, slack.render(latest(slack, channel, 'Task completion rate')));
  narrator.milestone(
    'the measurements attached to the same incident, and its card names the release before the fall',
    slack.channels().filter((each) => each.name.startsWith('inc-')).length === 1 &&
      slack.render(card(stage, channel)).includes('Model v41 → v42 by deploy-bot went out 4 min before'),
  );
  await clickButton(stage, ANA, channel, 'Take command');
  narrator.shows(`#${channel}, pinned`, slack.render(card(stage, channel)));

  await walkToMitigate(stage, narrator, channel, pass);
  await rollBack(stage, narrator, channel, pass);
  await resolveAndLearn(stage, narrator, channel, pass);
}

async function aModelIsReleased({ signals, app, clock }: Stage, narrator: Narrator): Promise<void> {
  narrator.act('02:42. A new model goes out');
  await signals.send(healthyWeek(clock.now()));
  const change = {
    type: 'change',
    id: 'deploy-991',
    service: 'support-agent',
    what: 'model',
    from: 'v41',
    to: 'v42',
    at: clock.now().toISOString(),
    by: 'deploy-bot',
    url: 'https://deploy.example.com/runs/991',
  };
  const answered = await signals.send([change]);
  await app.settle();
  narrator.tell('deploy-bot', `model v41 → v42, reported to /webhooks/signals (answered ${answered.status})`);
}

const card = ({ slack }: Stage, channel: string) => slack.message(channel, (message) => message.pinned);

async function walkToMitigate(
  stage: Stage,
  narrator: Narrator,
  channel: string,
  pass: (minutes: number) => Promise<void>,
): Promise<void> {
  narrator.act('Triage and scope, a button a step');
  for (const [button, said] of [
    ['Yes', 'infrastructure is healthy'],
    ['No', 'recent requests show a pattern: refunds'],
    ['No', 'a quick eval does not pass'],
    ['No', 'answers cite articles that do not exist'],
  ] as const) {
    await pass(1);
    await clickButton(stage, ANA, channel, button);
    narrator.tell('Ana', said);
  }
  await clickButton(stage, ANA, channel, 'Go on to scope');
  for (const said of ['the model release is the only change', 'inputs look like last week']) {
    await pass(1);
    await clickButton(stage, ANA, channel, 'Yes');
    narrator.tell('Ana', said);
  }
  await pickOption(stage, ANA, channel, 'Model version');
  narrator.tell('Ana', 'cause: the model version, as aire suggests');
  await clickButton(stage, ANA, channel, 'Go on to mitigate');
  narrator.milestone(
    'triage and scope are walked, the cause is known',
    stage.slack.render(card(stage, channel)).includes('Cause: model'),
  );
}

async function rollBack(
  stage: Stage,
  narrator: Narrator,
  channel: string,
  pass: (minutes: number) => Promise<void>,
): Promise<void> {
  const { target, app, clock } = stage;
  narrator.act('Roll back: asked for, approved by somebody else, done once, proven');
  await clickButton(stage, ANA, channel, 'Roll back the model');
  await submitForm(stage, ANA, { reason: 'v42 invents refund rules' });
  narrator.shows(`#${channel}`, stage.slack.render(latest(stage.slack, channel, 'Roll back the model')));
  await clickButton(stage, ANA, channel, 'Approve');
  const refusal = stage.slack.ephemerals().at(-1)?.text ?? '';
  narrator.shows('only Ana sees', refusal);
  narrator.milestone(
    'the requester can not approve her own rollback',
    refusal.includes('somebody else') && target.effects().length === 0,
  );
  await pass(1);
  await clickButton(stage, BEN, channel, 'Approve');
  narrator.tell('Ben', 'approves');
  const [request] = target.requests();
  narrator.milestone(
    'the target got one signed request with an idempotency key',
    target.requests().length === 1 && request?.verified === true && request.key !== undefined,
  );
  const { callback_url: callbackUrl } = JSON.parse(request?.body ?? '{}') as { callback_url: string };
  await pass(1);
  await target.callback(callbackUrl, { attempt: 1, status: 'succeeded', detail: 'v41 serves all traffic' });
  await app.settle();
  narrator.tell('target', 'reports success to the callback URL');
  for (const completion of [0.948, 0.951]) {
    await pass(10);
    await stage.signals.send(
      evalRun(clock.now(), { task_completion_rate: completion, hallucination_rate: 0.021 }, 'v41'),
    );
    await app.settle();
  }
  narrator.shows(`#${channel}`, stage.slack.render(latest(stage.slack, channel, 'Succeeded: Roll back')));
  narrator.milestone(
    'verified against the SLI that fired; rolled back exactly once',
    target.version() === 'v41' && target.effects().length === 1,
  );
}

async function resolveAndLearn(
  stage: Stage,
  narrator: Narrator,
  channel: string,
  pass: (minutes: number) => Promise<void>,
): Promise<void> {
  const { app, clock, directory } = stage;
  narrator.act('Resolve and learn');
  await stage.signals.send(badAnswers(new Date(clock.now().getTime() - 30 * MINUTE)));
  await pass(2);
  await clickButton(stage, ANA, channel, 'Resolve');
  const drafted = latest(stage.slack, channel, 'Postmortem drafted');
  const path = drafted.text.replace(/^.*drafted: /, '');
  const text = await readFile(path, 'utf8');
  narrator.milestone(
    `the postmortem is drafted, and says what is not known`,
    text.includes('## Root cause') && text.includes('not recorded'),
  );
  narrator.shows(
    `#${channel}`,
    stage.slack.render(latest(stage.slack, channel, 'Golden case (hallucination)')),
  );
  await clickButton(stage, BEN, channel, 'Approve');
  const cases = await readFile(join(directory, 'golden-dataset', 'cases', 'support-agent.jsonl'), 'utf8');
  narrator.milestone(
    'the golden case is in Git, without the e-mail address',
    cases.includes('30 days of delivery') && !cases.includes('maria.lopez'),
  );
  await clickButton(stage, ANA, channel, 'Add action item');
  await submitForm(stage, ANA, {
    what: 'Gate model releases on the refund golden cases',
    owner: { type: 'user', value: BEN },
    due: { type: 'date', value: '2026-12-04' },
  });
  await app.settle();

  narrator.act('Monday, 09:00: the weekly review');
  await pass(minutesUntilNine(clock.now()));
  const digest = latest(stage.slack, 'incidents', 'Weekly reliability review');
  await writeFile(join(directory, 'weekly-review.txt'), `${stage.slack.render(digest)}\n`);
  narrator.shows('#incidents', stage.slack.render(digest));
  narrator.milestone(
    'the digest shows the incident, the indicators and the action item',
    ['INC-1', 'Task completion rate', 'Gate model releases'].every((word) =>
      stage.slack.render(digest).includes(word),
    ),
  );
  const gaveUp = stage.slack
    .channel('incidents')
    .messages.some((message) => message.text.includes('aire gave up'));
  narrator.milestone(
    'nothing was given up on, and nothing asked of Slack that Slack does not know',
    !gaveUp && stage.slack.unexpectedCalls().length === 0,
  );

  narrator.act('What is left behind');
  narrator.tell('postmortem', path);
  narrator.tell('golden case', join(directory, 'golden-dataset', 'cases', 'support-agent.jsonl'));
  narrator.tell('review', join(directory, 'weekly-review.txt'));
}

function minutesUntilNine(now: Date): number {
  return 9 * 60 - (now.getUTCHours() * 60 + now.getUTCMinutes());
}
