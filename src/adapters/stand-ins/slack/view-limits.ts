import { checkBlocks } from './block-limits.ts';
import { isObject, type JsonObject, listAt, textAt } from './json.ts';
import { refuseFaults, SlackRefusal } from './slack-refusal.ts';
import { checkLength, checkText, faultsOf } from './text-limits.ts';

const VIEW_BYTES = 250 * 1024;

/**
 * Limits of a modal (reference §1.8).
 * @throws SlackRefusal `invalid_arguments` with the places, or `view_too_large`.
 */
export function requireView(view: unknown): JsonObject {
  if (!isObject(view)) {
    refuseFaults('invalid_arguments', [{ at: '/view', message: 'missing required field: view' }]);
    return {};
  }
  if (Buffer.byteLength(JSON.stringify(view)) > VIEW_BYTES) throw new SlackRefusal('view_too_large');
  const faults = faultsOf((report) => {
    if (view.type !== 'modal') report('/view/type', `unsupported type: ${String(view.type)}`);
    checkText(view.title, '/view/title', { max: 24, plain: true }, report);
    for (const key of ['submit', 'close']) {
      if (view[key] !== undefined) checkText(view[key], `/view/${key}`, { max: 24, plain: true }, report);
    }
    if (!Array.isArray(view.blocks)) report('/view/blocks', 'missing required field: blocks');
    checkLength(view, 'callback_id', 255, '/view', report);
    checkLength(view, 'external_id', 255, '/view', report);
    checkLength(view, 'private_metadata', 3000, '/view', report);
    checkBlocks(view.blocks, 100, '/view', report);
    const asks = listAt(view, 'blocks').some((block) => textAt(block, 'type') === 'input');
    if (asks && view.submit === undefined) {
      report('/view/submit', '`submit` is required when an `input` block is within the `blocks` array');
    }
  });
  refuseFaults('invalid_arguments', faults);
  return view;
}
