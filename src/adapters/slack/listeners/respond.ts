import type { App, BlockAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { z } from 'zod';
import { AppError, isAppError, messageOf } from '../../../errors.ts';
import { tell } from '../../../incidents/jobs.ts';
import type { Logger } from '../../../log.ts';
import { escapeMrkdwn, plain, section } from '../messages/blocks.ts';
import { loadingModal } from '../modals/modals.ts';
import type { SlackDeps } from '../ports.ts';

/** What listeners work with. */
export interface ListenerDeps extends SlackDeps {
  readonly app: App;
  readonly client: WebClient;
  readonly log: Logger;
}

/** A click, as the listeners see it. */
export interface Click {
  readonly by: string;
  readonly channel: string;
  readonly triggerId: string;
  /** The button's value, or the chosen option's. */
  readonly value: string;
  /** The block it stands in; ours where we gave it one. */
  readonly blockId: string;
  /** The same click delivered twice has the same key. */
  readonly key: string;
}

/** Does a click; a refusal is told to the person who clicked, and to nobody else. */
export function onClick(deps: ListenerDeps, actionId: string, act: (click: Click) => Promise<void>): void {
  deps.app.action<BlockAction>(actionId, async ({ body, ack }) => {
    const action = body.actions[0];
    const by = body.user.id;
    const channel = body.channel?.id ?? by;
    const key = `${action?.action_ts ?? body.trigger_id}:${by}`;
    const value =
      action === undefined
        ? ''
        : action.type === 'button'
          ? (action.value ?? '')
          : action.type === 'static_select'
            ? (action.selected_option?.value ?? '')
            : '';
    try {
      await act({ by, channel, triggerId: body.trigger_id, value, blockId: action?.block_id ?? '', key });
    } catch (error) {
      if (!isAppError(error)) throw error;
      // Without the database there is no outbox either.
      if (error.code === 'database_unavailable')
        await deps.client.chat.postEphemeral({ channel, user: by, text: error.message });
      else await deps.store.enqueue(tell(by, channel, error.message, key));
    }
    await ack();
  });
}

/** What a button or form carries, read by its shape. @throws AppError `invalid_input` for that of another version. */
export function readValue<T>(schema: z.ZodType<T>, value: string): T {
  try {
    return schema.parse(JSON.parse(value));
  } catch (error) {
    throw new AppError(
      'invalid_input',
      'This is from another version of aire. Use the newest message in this channel.',
      { cause: error },
    );
  }
}

/**
 * Opens a modal. The trigger lives for 3 seconds, so a skeleton is opened at once and filled when its content is
 * there; what goes wrong meanwhile is said in the modal.
 */
export async function openModal(
  deps: ListenerDeps,
  triggerId: string,
  build: () => Promise<ModalView>,
): Promise<void> {
  let viewId: string | undefined;
  try {
    viewId = (await deps.client.views.open({ trigger_id: triggerId, view: loadingModal })).view?.id;
  } catch (error) {
    deps.log.warn({ err: messageOf(error) }, 'a modal could not be opened');
    throw new AppError('slack_failed', 'Slack did not open the form in time. Please try again.');
  }
  if (viewId === undefined) return;
  let view: ModalView;
  try {
    view = await build();
  } catch (error) {
    if (!isAppError(error)) throw error;
    view = sayInModal(error.message);
  }
  await deps.client.views.update({ view_id: viewId, view });
}

/** A modal that only says something. */
export function sayInModal(text: string): ModalView {
  return {
    type: 'modal',
    callback_id: 'view.say',
    title: plain('aire', 24),
    close: plain('Close', 24),
    blocks: [section(escapeMrkdwn(text))],
  };
}

/** What was typed or chosen in a modal, by the name of its input. */
export type FormValues = Readonly<Record<string, string | undefined>>;

export interface Submission {
  readonly by: string;
  readonly values: FormValues;
  /** `private_metadata`: to be read by {@link readValue}. */
  readonly metadata: string;
  readonly key: string;
}

/** Takes a submission: a refusal stands in the form beside `errorAt`, success says what happens now or just closes. */
export function onSubmit(
  deps: ListenerDeps,
  callbackId: string,
  errorAt: string,
  submit: (submission: Submission) => Promise<string | undefined>,
): void {
  deps.app.view(callbackId, async ({ body, view, ack }) => {
    const values: Record<string, string | undefined> = {};
    for (const [name, elements] of Object.entries(view.state.values)) {
      const element = elements[name];
      values[name] =
        element?.value ??
        element?.selected_option?.value ??
        element?.selected_user ??
        element?.selected_date ??
        undefined;
    }
    try {
      const said = await submit({
        by: body.user.id,
        values,
        metadata: view.private_metadata,
        key: view.id,
      });
      if (said === undefined) await ack();
      else await ack({ response_action: 'update', view: sayInModal(said) });
    } catch (error) {
      if (!isAppError(error)) throw error;
      await ack({ response_action: 'errors', errors: { [errorAt]: error.message.slice(0, 2000) } });
    }
  });
}
