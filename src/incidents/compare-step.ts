import type { StepResult } from '../runbooks/judge.ts';
import type { Clock } from '../time.ts';
import { DAY } from '../time.ts';
import { compareInputs, type InputShift } from './compare-inputs.ts';
import type { Incident } from './incident.ts';
import type { IncidentStore } from './ports.ts';
import { howLongBefore, rankChanges } from './rank-changes.ts';
import type { TimelineEntry } from './timeline.ts';

const WEEK = 7 * DAY;
/** What a team can change about its answers (reference §E): of each it should be said, or said to be unknown. */
const ASKED_FOR = ['model', 'prompt', 'index', 'routing', 'config', 'data'];

/**
 * Runs a step of the kind `compare`: what changed before the onset, and how inputs since the onset differ from the week
 * before, from what is stored.
 *
 * @throws what the database throws.
 */
export async function compareStep(
  deps: { readonly store: Pick<IncidentStore, 'changesOf' | 'distributions'>; readonly clock: Clock },
  incident: Incident,
): Promise<StepResult> {
  const { id, service } = incident;
  const start = incident.onset?.from ?? incident.startedAt;
  const end = incident.resolvedAt ?? deps.clock.now();
  const [changes, now, before] = await Promise.all([
    deps.store.changesOf(id),
    deps.store.distributions(service, start, end),
    deps.store.distributions(service, new Date(start.getTime() - WEEK), start),
  ]);
  return compared(incident, changes, compareInputs(before, now));
}

/** What was found, in words. Nothing reported is no data, never "nothing moved". */
export function compared(
  incident: Incident,
  changes: readonly TimelineEntry[],
  inputs: readonly InputShift[],
): StepResult {
  const { before } = rankChanges(incident, changes);
  const [closest, ...others] = before;
  const moved = inputs.filter((input) => input.moved);
  const steady = inputs.filter((input) => !input.moved);
  const unknown = ASKED_FOR.filter((what) => !before.some((change) => change.data?.what === what));
  const words = [
    closest === undefined
      ? 'no change was reported in the day before the onset, which is no proof that there was none'
      : `${closest.text}, ${howLongBefore(closest.at, incident)}${others.length === 0 ? '' : ` and ${others.length} more before it`}`,
    ...moved.map(inWords),
    ...(steady.length === 0 ? [] : [`${steady.map(({ of }) => of).join(', ')} as in the week before`]),
    ...(inputs.length === 0 ? ['inputs: no data'] : []),
    ...(closest === undefined || unknown.length === 0 ? [] : [`unknown: ${unknown.join(', ')}`]),
  ];
  return {
    kind: 'found',
    outcome: closest === undefined && moved.length === 0 ? 'no_data' : 'not_ok',
    note: words.join('; '),
    ...(closest?.url === undefined ? {} : { url: closest.url }),
  };
}

function inWords({ of, bucket, before, now }: InputShift): string {
  const share = (value: number): string => `${(value * 100).toFixed(0)} %`;
  return `${of} moved: ${bucket} ${share(before)} → ${share(now)}`;
}
