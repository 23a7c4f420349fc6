import type { Button, KnownBlock } from '@slack/types';
import { type Incident, isOpen } from '../../../incidents/incident.ts';
import { howLongBefore, rankChanges } from '../../../incidents/rank-changes.ts';
import { SUSPECTED_CAUSE, SUSPECTED_CHANGE } from '../../../incidents/suspect-change.ts';
import type { TimelineEntry } from '../../../incidents/timeline.ts';
import { namesIn } from '../../../insert-values.ts';
import { isUnderWay, type Mitigation } from '../../../mitigations/mitigation.ts';
import type { MitigableService } from '../../../mitigations/ports.ts';
import type { MitigationDefinition } from '../../../mitigations/schema.ts';
import { ACTIONS } from '../action-ids.ts';
import { actions, button, fitLines, inline, link, section, slackDate } from './blocks.ts';

/** What is shown of the changes of an incident. */
export interface WhatMoved {
  readonly incident: Incident;
  readonly service: MitigableService | undefined;
  readonly changes: readonly TimelineEntry[];
  readonly mitigations: readonly Mitigation[];
}

/** How many changes before the onset, and after it. */
const SHOWN = { before: 4, after: 2 } as const;
/** Characters. */
const LIMITS = { suspected: 250, url: 250, changes: 1400 } as const;

/** What moved, the likeliest cause first; a release that is suspected, with its rollback one click away. */
export function whatMovedBlocks(content: WhatMoved): KnownBlock[] {
  const { incident, changes } = content;
  const suspected = incident.facts[SUSPECTED_CHANGE];
  // A longer address would leave no room for the other lines; the timeline has it.
  const url = (suspected?.url ?? '').length > LIMITS.url ? undefined : suspected?.url;
  const said =
    suspected?.detail === undefined
      ? []
      : [`:dart: *${link(url, inline(suspected.detail, LIMITS.suspected))}*`];
  const lines = linesOf(incident, changes);
  return [
    section(
      ['*What moved*', ...said, ...(lines.length === 0 ? [] : [fitLines(lines, LIMITS.changes)])].join('\n'),
    ),
    ...(suspected === undefined ? [] : actions(rollback(content))),
  ];
}

function linesOf(incident: Incident, changes: readonly TimelineEntry[]): string[] {
  const { before, after } = rankChanges(incident, changes);
  const [closest, ...others] = before;
  const isSaid = closest !== undefined && keyOf(closest) === incident.facts[SUSPECTED_CHANGE]?.value;
  const line = (change: TimelineEntry): string =>
    `• ${link(change.url, inline(change.text))}, ${slackDate(change.at)}`;
  const more = (all: readonly TimelineEntry[], limit: number): string[] =>
    all.length > limit ? [`…and ${all.length - limit} more`] : [];
  return [
    ...(closest === undefined
      ? ['No change was reported in the day before. That is not proof that nothing changed.']
      : isSaid
        ? []
        : [
            `Closest before the onset: *${link(closest.url, inline(closest.text))}*, ${howLongBefore(closest.at, incident)}`,
          ]),
    ...others.slice(0, SHOWN.before).map(line),
    ...more(others, SHOWN.before),
    ...(after.length === 0 ? [] : ['After the onset, so not its cause:']),
    ...after.slice(-SHOWN.after).map(line),
    ...more(after, SHOWN.after),
  ];
}

function keyOf(change: TimelineEntry): string {
  return change.onceKey ?? change.id;
}

/**
 * The mitigation for the suspected cause, best one that brings back the version before. Not once one was asked for, and
 * not where the step of the phase offers it anyway.
 */
function rollback({ incident, service, mitigations }: WhatMoved): Button[] {
  const cause = incident.facts[SUSPECTED_CAUSE]?.value;
  const isOffered = incident.phase === 'mitigate' && incident.cause === cause;
  const wasRun = incident.mitigatedAt !== undefined || mitigations.some(isUnderWay);
  if (!isOpen(incident) || isOffered || wasRun) return [];
  const fitting = Object.entries(service?.mitigations ?? {}).filter(([, definition]) =>
    definition.for?.cause.some((each) => each === cause),
  );
  const [name, definition] = fitting.find(([, each]) => bringsBack(each)) ?? fitting[0] ?? [];
  if (name === undefined || definition === undefined) return [];
  const value = JSON.stringify([incident.id, name]);
  return [button(definition.title, ACTIONS.requestMitigation, value, { style: 'primary' })];
}

function bringsBack({ request }: MitigationDefinition): boolean {
  return namesIn(JSON.stringify(request)).some((name) => name.startsWith('facts.previous_good_'));
}
