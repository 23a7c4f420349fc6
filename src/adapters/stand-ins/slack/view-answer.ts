import type { Answered } from '../http-exchange.ts';
import { isObject, listAt, objectAt } from './json.ts';
import type { ViewRecord } from './slack-types.ts';
import { requireView } from './view-limits.ts';
import { pushView, replaceView } from './view-methods.ts';
import type { Workspace } from './workspace.ts';

/**
 * What Slack does with the answer to a submission (reference §1.2): nothing said closes this modal,
 * `errors` keeps it open, `update`, `push` and `clear` do what they say. Any status but 200 leaves it open.
 * @throws Error when the answer names blocks that are no inputs; SlackRefusal when its view breaks a limit.
 */
export function applyViewAnswer(workspace: Workspace, record: ViewRecord, answered: Answered): void {
  if (answered.status !== 200) return;
  const body = isObject(answered.body) ? answered.body : {};
  switch (body.response_action) {
    case undefined:
      workspace.views.delete(record.id);
      return;
    case 'errors':
      requireInputs(record, Object.keys(objectAt(body, 'errors')));
      return;
    case 'update':
      replaceView(workspace, record, requireView(body.view));
      return;
    case 'push':
      pushView(workspace, record, record.user, requireView(body.view));
      return;
    case 'clear':
      for (const view of [...workspace.views.values()]) {
        if (view.rootId === record.rootId) workspace.views.delete(view.id);
      }
      return;
    default:
      throw new Error(`Slack knows no response_action ${String(body.response_action)}.`);
  }
}

function requireInputs(record: ViewRecord, blockIds: readonly string[]): void {
  const inputs = listAt(record.content, 'blocks').filter((block) => block.type === 'input');
  const known = new Set(inputs.map((block) => block.block_id));
  const strange = blockIds.filter((id) => !known.has(id));
  if (blockIds.length === 0) throw new Error('The answer says errors, but names none.');
  if (strange.length > 0)
    throw new Error(`The answer puts errors on ${strange.join(', ')}, which are no inputs.`);
}
