import type { BotAnswer, DeliveryOverride } from './delivery.ts';
import { type Choice, findElement, type PlacedElement, stateValues } from './interactive-elements.ts';
import { type JsonObject, listAt } from './json.ts';
import { type ActingContext, actionOf } from './message-actions.ts';
import { payloadBase } from './payload.ts';
import type { SlackUser, ViewRecord } from './slack-types.ts';
import { applyViewAnswer } from './view-answer.ts';
import { type FieldValue, fillView } from './view-form.ts';
import { topView } from './view-methods.ts';
import { viewOnTheWire } from './workspace.ts';

/** What a person does in the modal on their screen. */
export interface ViewActions {
  clickInView(
    target: { readonly viewId: string; readonly actionId: string; readonly value?: string },
    override?: DeliveryOverride,
  ): Promise<BotAnswer>;
  selectInView(
    target: { readonly viewId: string; readonly actionId: string; readonly option: Choice },
    override?: DeliveryOverride,
  ): Promise<BotAnswer>;
  /** Fills the fields, by block id, and submits; the modal then does what the bot answers. */
  submit(
    viewId: string,
    values: Readonly<Record<string, FieldValue>>,
    override?: DeliveryOverride,
  ): Promise<BotAnswer>;
}

export function createViewActions(context: ActingContext, user: SlackUser): ViewActions {
  const { workspace, triggers, delivery } = context;

  function openView(viewId: string): ViewRecord {
    const record = workspace.views.get(viewId);
    if (record === undefined || record.user !== user.id)
      throw new Error(`${user.name} has no modal ${viewId} open.`);
    if (topView(workspace, user.id) !== record) throw new Error(`Another modal covers ${viewId}.`);
    return record;
  }

  async function act(
    viewId: string,
    find: (blocks: readonly JsonObject[]) => PlacedElement,
    choice: Choice | undefined,
    override: DeliveryOverride,
  ): Promise<BotAnswer> {
    const record = openView(viewId);
    const blocks = listAt(record.content, 'blocks');
    const target = find(blocks);
    const values = stateValues(blocks, (placed) => (placed.element === target.element ? choice : undefined));
    const payload = {
      type: 'block_actions',
      ...payloadBase(workspace, user, override.teamId),
      container: { type: 'view', view_id: viewId },
      trigger_id: triggers.issue(user.id),
      view: viewOnTheWire(workspace, record, values),
      actions: [actionOf(workspace, target, choice)],
    };
    return delivery.form({ payload: JSON.stringify(payload) }, override);
  }

  return {
    clickInView: (target, override = {}) =>
      act(
        target.viewId,
        (blocks) => findElement(blocks, target.actionId, 'button', target.value),
        undefined,
        override,
      ),
    selectInView: (target, override = {}) =>
      act(target.viewId, (blocks) => findElement(blocks, target.actionId, 'menu'), target.option, override),
    async submit(viewId, values, override = {}) {
      const record = openView(viewId);
      const state = fillView(listAt(record.content, 'blocks'), values, workspace.users);
      const payload = {
        type: 'view_submission',
        ...payloadBase(workspace, user, override.teamId),
        trigger_id: triggers.issue(user.id),
        view: viewOnTheWire(workspace, record, state),
        response_urls: [],
      };
      const answered = await delivery.form({ payload: JSON.stringify(payload) }, override);
      applyViewAnswer(workspace, record, answered);
      return answered;
    },
  };
}
