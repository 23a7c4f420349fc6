import { z } from 'zod';
import type { SlackStandIn } from '../../adapters/stand-ins/slack/slack-stand-in.ts';

/** Where hands act: a Slack workspace, and how to wait until the bot has done what follows. */
export interface Scene {
  readonly slack: SlackStandIn;
  readonly app: { settle(): Promise<void> };
}

type Message = ReturnType<SlackStandIn['message']>;
type Answers = Parameters<ReturnType<SlackStandIn['as']>['submit']>[1];

/** The newest message of a channel whose text holds these words. @throws Error when there is none. */
export function latest(slack: SlackStandIn, channel: string, words: string): Message {
  return slack.message(
    channel,
    (message) => message.text.includes(words) || slack.render(message).includes(words),
  );
}

/** A person presses the newest button with this label in a channel; then everything that follows happens. */
export async function clickButton(
  { slack, app }: Scene,
  user: string,
  channel: string,
  label: string,
): Promise<void> {
  const found = findElement(
    slack,
    channel,
    (element) => element.type === 'button' && element.text?.text === label,
  );
  if (found === undefined) throw new Error(`There is no button “${label}” in #${channel}.`);
  const answer = await slack.as(user).click({
    channel,
    ts: found.ts,
    actionId: found.element.action_id,
    ...(found.element.value === undefined ? {} : { value: found.element.value }),
  });
  if (answer.status !== 200) throw new Error(`The button “${label}” was answered with ${answer.status}.`);
  await app.settle();
}

/** A person chooses an option, by its label, from the newest select in a channel. */
export async function pickOption(
  { slack, app }: Scene,
  user: string,
  channel: string,
  label: string,
): Promise<void> {
  const found = findElement(
    slack,
    channel,
    (element) => element.options?.some((option) => option.text.text === label) === true,
  );
  const option = found?.element.options?.find((each) => each.text.text === label);
  if (found === undefined || option === undefined)
    throw new Error(`There is nothing to choose “${label}” from in #${channel}.`);
  await slack
    .as(user)
    .select({ channel, ts: found.ts, actionId: found.element.action_id, option: option.value });
  await app.settle();
}

/** A person fills in the form that is open and submits it. @throws Error with what the form says is wrong. */
export async function submitForm({ slack, app }: Scene, user: string, answers: Answers): Promise<void> {
  const view = slack
    .views()
    .filter((each) => each.user === user)
    .at(-1);
  if (view === undefined) throw new Error('No form is open.');
  const answer = await slack.as(user).submit(view.id, answers);
  if (answer.status !== 200 || JSON.stringify(answer.body).includes('"errors"'))
    throw new Error(`The form was refused: ${JSON.stringify(answer.body)}`);
  await app.settle();
}

const element = z.object({
  type: z.string(),
  action_id: z.string(),
  value: z.string().optional(),
  text: z.object({ text: z.string() }).optional(),
  options: z.array(z.object({ text: z.object({ text: z.string() }), value: z.string() })).optional(),
});
type Element = z.output<typeof element>;
const row = z.object({ type: z.literal('actions'), elements: z.array(element) });
const beside = z.object({ accessory: element });

function findElement(
  slack: SlackStandIn,
  channel: string,
  fits: (element: Element) => boolean,
): { ts: string; element: Element } | undefined {
  for (const message of [...slack.channel(channel).messages].reverse()) {
    const element = message.blocks.flatMap(elementsOf).find(fits);
    if (element !== undefined) return { ts: message.ts, element };
  }
  return undefined;
}

function elementsOf(block: unknown): readonly Element[] {
  return (
    row.safeParse(block).data?.elements ??
    beside
      .array()
      .safeParse([block])
      .data?.map((each) => each.accessory) ??
    []
  );
}
