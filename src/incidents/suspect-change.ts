import type { Cause } from '../runbooks/schema.ts';
import type { ChangeKind } from '../signals/signal.ts';
import { HOUR } from '../time.ts';
import { AIRE, type Fact, type Incident } from './incident.ts';
import { howLongBefore, rankChanges } from './rank-changes.ts';
import { type EntryContext, entry, type TimelineEntry } from './timeline.ts';

/** The trigger whose falls and rises a release is held responsible for. */
const TRIGGER = 'eval_score_drop';
/** A release this long before the onset is still tied to it. */
const TIED_WITHIN = HOUR;

/** The kinds of change that are releases, and the cause that each suggests. */
const CAUSE_OF: Readonly<Partial<Record<ChangeKind, Cause>>> = {
  model: 'model',
  prompt: 'prompt',
  index: 'retrieval',
  routing: 'infrastructure',
  deploy: 'infrastructure',
};

/** The facts that tie an incident to a release. They suggest; the cause itself is set by people. */
export const SUSPECTED_CHANGE = 'suspected_change';
export const SUSPECTED_CAUSE = 'suspected_cause';

/**
 * Ties an incident to the release that went out within its onset's interval, or at most an hour before: only where
 * measured evals fell or rose. Anew each time, since a better onset may clear a change that was suspected.
 */
export function suspectChange(
  incident: Incident,
  changes: readonly TimelineEntry[],
  context: EntryContext,
): { incident: Incident; timeline: readonly TimelineEntry[] } {
  const change = suspected(incident, changes);
  const known = incident.facts[SUSPECTED_CHANGE];
  const facts = change === undefined ? {} : factsOf(incident, change);
  if (known?.value === facts[SUSPECTED_CHANGE]?.value && known?.detail === facts[SUSPECTED_CHANGE]?.detail)
    return { incident, timeline: [] };
  const { [SUSPECTED_CHANGE]: _change, [SUSPECTED_CAUSE]: _cause, ...others } = incident.facts;
  const said = facts[SUSPECTED_CHANGE]?.detail;
  return {
    incident: { ...incident, facts: { ...others, ...facts } },
    timeline:
      said === undefined || change === undefined
        ? []
        : [
            entry(context, incident, AIRE, 'fact_set', `Suspected: ${said}.`, {
              onceKey: `suspected:${change.onceKey ?? change.id}:${incident.startedAt.toISOString()}`,
              ...(change.url === undefined ? {} : { url: change.url }),
            }),
          ],
  };
}

function suspected(incident: Incident, changes: readonly TimelineEntry[]): TimelineEntry | undefined {
  if (incident.trigger !== TRIGGER || incident.fired === undefined) return undefined;
  const earliest = (incident.onset?.from ?? incident.startedAt).getTime() - TIED_WITHIN;
  return rankChanges(incident, changes).before.find(
    (change) => causeOf(change) !== undefined && change.at.getTime() >= earliest,
  );
}

function factsOf(incident: Incident, change: TimelineEntry): Readonly<Record<string, Fact>> {
  const cause = causeOf(change);
  const { fired } = incident;
  const began = fired !== undefined && fired.value < fired.baseline ? 'the fall began' : 'the rise began';
  const detail = `${change.text} went out ${howLongBefore(change.at, incident)}${change.at < incident.startedAt ? ` ${began}` : ''}`;
  const from = change.actor.kind === 'system' ? `signal:${change.actor.name}` : 'aire';
  const where = change.url === undefined ? {} : { url: change.url };
  return {
    [SUSPECTED_CHANGE]: { value: change.onceKey ?? change.id, from, at: change.at, detail, ...where },
    ...(cause === undefined ? {} : { [SUSPECTED_CAUSE]: { value: cause, from, at: change.at, detail } }),
  };
}

function causeOf({ data }: TimelineEntry): Cause | undefined {
  return Object.entries(CAUSE_OF).find(([what]) => what === data?.what)?.[1];
}

/** What aire would choose in a step that sets this fact, and why; undefined when it has no opinion. */
export function suggestionFor(
  incident: Incident,
  sets: string,
): { readonly value: string; readonly why: string } | undefined {
  if (sets === 'onset_shape') {
    const shape = incident.onset?.shape ?? 'unknown';
    return shape === 'unknown' ? undefined : { value: shape, why: 'as the checks since the onset look' };
  }
  const cause = sets === 'cause' ? incident.facts[SUSPECTED_CAUSE] : undefined;
  return cause === undefined ? undefined : { value: cause.value, why: cause.detail ?? '' };
}
