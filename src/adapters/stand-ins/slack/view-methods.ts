import { optionalText } from './arguments.ts';
import { type JsonObject, textAt } from './json.ts';
import type { MethodContext, Methods } from './method.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { ViewRecord } from './slack-types.ts';
import { requireView } from './view-limits.ts';
import { viewOnTheWire, type Workspace } from './workspace.ts';

const DEEPEST_STACK = 3;

/** Modals (reference §1.1, §1.2). */
export const VIEW_METHODS: Methods = {
  'views.open': { scopes: [], run: open },
  'views.push': { scopes: [], run: push },
  'views.update': { scopes: [], run: update },
};

function open(args: JsonObject, { workspace, triggers }: MethodContext): JsonObject {
  const view = requireView(args.view);
  requireNewExternalId(workspace, view, undefined);
  const user = triggers.exchange(optionalText(args, 'trigger_id'));
  const record = showView(workspace, user, view, undefined);
  return { view: viewOnTheWire(workspace, record, {}) };
}

function push(args: JsonObject, { workspace, triggers }: MethodContext): JsonObject {
  const view = requireView(args.view);
  requireNewExternalId(workspace, view, undefined);
  const user = triggers.exchange(optionalText(args, 'trigger_id'));
  const record = pushView(workspace, topView(workspace, user), user, view);
  return { view: viewOnTheWire(workspace, record, {}) };
}

function update(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const id = optionalText(args, 'view_id');
  const externalId = optionalText(args, 'external_id');
  const record = [...workspace.views.values()].find((one) =>
    id === undefined
      ? externalId !== undefined && textAt(one.content, 'external_id') === externalId
      : one.id === id,
  );
  if (record === undefined) throw new SlackRefusal('not_found');
  const hash = optionalText(args, 'hash');
  if (hash !== undefined && hash !== record.hash) throw new SlackRefusal('hash_conflict');
  const view = requireView(args.view);
  requireNewExternalId(workspace, view, record);
  replaceView(workspace, record, view);
  return { view: viewOnTheWire(workspace, record, {}) };
}

function requireNewExternalId(workspace: Workspace, view: JsonObject, own: ViewRecord | undefined): void {
  const id = textAt(view, 'external_id');
  const others = [...workspace.views.values()].filter((one) => one !== own);
  if (id && others.some((one) => textAt(one.content, 'external_id') === id)) {
    throw new SlackRefusal('duplicate_external_id');
  }
}

/** Puts a modal on a person's screen, upon `below` when it is pushed. */
export function showView(
  workspace: Workspace,
  user: string,
  view: JsonObject,
  below: ViewRecord | undefined,
): ViewRecord {
  const id = workspace.nextId('V');
  const record: ViewRecord = {
    id,
    user,
    rootId: below?.rootId ?? id,
    previousViewId: below?.id,
    hash: workspace.nextTs(),
    content: { ...view, blocks: workspace.withIds(view.blocks) },
  };
  workspace.views.set(id, record);
  return record;
}

/** @throws SlackRefusal `push_limit_reached` when three modals are stacked already, `not_found` when there is none. */
export function pushView(
  workspace: Workspace,
  below: ViewRecord | undefined,
  user: string,
  view: JsonObject,
): ViewRecord {
  if (below === undefined) throw new SlackRefusal('not_found');
  const stack = [...workspace.views.values()].filter((one) => one.rootId === below.rootId);
  if (stack.length >= DEEPEST_STACK) throw new SlackRefusal('push_limit_reached');
  return showView(workspace, user, view, below);
}

/** New content for an open modal; its hash changes. */
export function replaceView(workspace: Workspace, record: ViewRecord, view: JsonObject): void {
  record.content = { ...view, blocks: workspace.withIds(view.blocks) };
  record.hash = workspace.nextTs();
}

/** The modal a person sees: the last one that came. */
export function topView(workspace: Workspace, user: string): ViewRecord | undefined {
  return [...workspace.views.values()].filter((one) => one.user === user).at(-1);
}
