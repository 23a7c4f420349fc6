import { clickButton, pickOption, submitForm } from '../../src/cli/demo/hands.ts';
import { evalRun, healthyWeek } from '../../src/cli/demo/history.ts';
import { type BotProcess, eventually } from './bot-process.ts';

const ANA = 'U0ANA';
const BEN = 'U0BEN';

/** An incident with a rollback that Ana asked for and nobody has approved yet; returns its channel. */
export async function requestRollback({ slack, signals }: BotProcess): Promise<string> {
  const now = new Date();
  const at = (secondsAgo: number): Date => new Date(now.getTime() - secondsAgo * 1000);
  await signals.send(healthyWeek(at(3600)));
  const change = {
    type: 'change',
    id: 'c1',
    service: 'support-agent',
    what: 'model',
    from: 'v41',
    to: 'v42',
    at: at(1800).toISOString(),
  };
  await signals.send([change, ...evalRun(at(60), { task_completion_rate: 0.8 }, 'v42')]);
  const hands = { slack, app: { settle: async () => {} } };
  const channel = 'inc-1-support-agent';
  const soon = (what: string, act: () => Promise<void>) =>
    eventually(what, async () => {
      await act();
      return true;
    });
  const click = (label: string) =>
    soon(`“${label}” can be pressed`, () => clickButton(hands, ANA, channel, label));
  const cardSays = (words: string) =>
    eventually(`the card says “${words}”`, () =>
      slack.render(slack.message(channel, (m) => m.pinned)).includes(words),
    );
  await click('Go on to scope');
  await cardSays('Scope: 1 of 4');
  await click('Yes');
  await cardSays('Scope: 2 of 4');
  await click('Yes');
  await soon('a cause can be chosen', () => pickOption(hands, ANA, channel, 'Model version'));
  await click('Go on to mitigate');
  await click('Roll back the model');
  await soon('the form can be submitted', () => submitForm(hands, ANA, { reason: 'v42 invents facts' }));
  await eventually(
    'the approval card is shown',
    () => slack.message(channel, (m) => m.text.includes('requested')) !== undefined,
  );
  return channel;
}

/** Ben presses Approve on the card. */
export const approve = ({ slack }: BotProcess, channel: string) =>
  clickButton({ slack, app: { settle: async () => {} } }, BEN, channel, 'Approve');
