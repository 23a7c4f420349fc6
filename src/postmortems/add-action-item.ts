import { AppError } from '../errors.ts';
import { contentHash } from '../ids.ts';
import { refresh, say } from '../incidents/jobs.ts';
import { entry } from '../incidents/timeline.ts';
import { runVerb } from '../verb.ts';
import type { ActionItem } from './action-item.ts';
import { draftPostmortem } from './jobs.ts';
import type { PostmortemChange, PostmortemDeps } from './ports.ts';

export interface ActionItemInput {
  readonly incidentId: string;
  readonly what: string;
  readonly owner?: string;
  readonly due?: string;
  readonly by: string;
  /** The submission's own key: sent twice, it adds once. */
  readonly onceKey: string;
}

type Deps = Pick<PostmortemDeps, 'store' | 'clock' | 'newId'>;

/** A person adds an action item to an incident. @throws AppError `invalid_input`, `not_found`. */
export async function addActionItem(deps: Deps, input: ActionItemInput): Promise<void> {
  const what = input.what.trim();
  if (what === '') throw new AppError('invalid_input', 'Say what is to be done.');
  const id = `act_${contentHash([input.incidentId, input.onceKey]).slice(0, 26)}`;
  await runVerb(
    {
      load: async () => {
        const [incident, known] = await Promise.all([
          deps.store.incident(input.incidentId),
          deps.store.actionItem(id),
        ]);
        if (incident === undefined) throw new AppError('not_found', 'That incident is not known here.');
        return { incident, known };
      },
      save: (change: PostmortemChange) => deps.store.save(change),
    },
    ({ incident, known }) => {
      if (known !== undefined) return { change: undefined, result: undefined };
      const context = { now: deps.clock.now(), newId: deps.newId };
      const item: ActionItem = {
        id,
        version: 0,
        incidentId: incident.id,
        service: incident.service,
        what,
        ...(input.owner === undefined ? {} : { owner: input.owner }),
        ...(input.due === undefined ? {} : { due: input.due }),
        state: 'open',
        addedBy: input.by,
        addedAt: context.now,
      };
      const said = entry(
        context,
        incident,
        { kind: 'person', id: input.by },
        'action_item_added',
        `Action item: ${what}${input.due === undefined ? '' : ` (due ${input.due})`}`,
        { data: { item: id } },
      );
      return {
        change: {
          actionItems: [item],
          timeline: [said],
          jobs: [say(said), draftPostmortem(incident.id), ...refresh(incident.id)],
        },
        result: undefined,
      };
    },
  );
}

/** A person ticks an action item. Ticking it twice changes nothing. @throws AppError `not_found`. */
export function completeActionItem(deps: Deps, input: { itemId: string; by: string }): Promise<ActionItem> {
  return runVerb(
    {
      load: async () => {
        const item = await deps.store.actionItem(input.itemId);
        if (item === undefined) throw new AppError('not_found', 'That action item is not known here.');
        return item;
      },
      save: (change: PostmortemChange) => deps.store.save(change),
    },
    (item) => {
      if (item.state === 'done') return { change: undefined, result: item };
      const context = { now: deps.clock.now(), newId: deps.newId };
      const done: ActionItem = { ...item, state: 'done', doneAt: context.now };
      const said = entry(
        context,
        { id: item.incidentId },
        { kind: 'person', id: input.by },
        'action_item_done',
        `Action item done: ${item.what}`,
        { data: { item: item.id } },
      );
      return {
        change: {
          actionItems: [done],
          timeline: [said],
          jobs: [say(said), draftPostmortem(item.incidentId)],
        },
        result: done,
      };
    },
  );
}
