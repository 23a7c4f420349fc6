import type { Decision } from '../verb.ts';
import { showHold, showMitigation } from './jobs.ts';
import type { Mitigation } from './mitigation.ts';
import type { MitigationChange } from './ports.ts';

/** Which copy of the data this is, and whether its mitigations wait because it was another one before. */
export interface Installation {
  readonly version: number;
  /** Changes when the data is restored, copied or failed over; opaque here. */
  readonly place: string;
  readonly hold?: MitigationHold;
}

/** After a restore nobody knows which mitigations ran already, so none is sent until a person releases them. */
export interface MitigationHold {
  readonly since: Date;
  /** How it was noticed, as a sentence. */
  readonly reason: string;
  readonly releasedBy?: string;
  readonly releasedAt?: Date;
}

/** Where the data is now. */
export interface Place {
  readonly current: string;
  /** In a sentence, how this place differs from the one before. */
  whyMoved(before: string): string;
}

/** Since when nothing is sent; undefined when mitigations are sent as usual. */
export function heldSince(installation: Installation | undefined): Date | undefined {
  const hold = installation?.hold;
  return hold?.releasedAt === undefined ? hold?.since : undefined;
}

/**
 * The data is where it was, is here for the first time, or was restored: then the new place is taken over and what is
 * approved is shown as held.
 */
export function settlePlace(
  installation: Installation | undefined,
  place: Place,
  approved: readonly Mitigation[],
  now: Date,
): Decision<MitigationChange, 'first' | 'same' | 'moved'> {
  if (installation === undefined)
    return { change: { installation: { version: 0, place: place.current } }, result: 'first' };
  if (installation.place === place.current) return { change: undefined, result: 'same' };
  const hold = { since: now, reason: place.whyMoved(installation.place) };
  return {
    change: {
      installation: { version: installation.version, place: place.current, hold },
      jobs: [showHold(now), ...approved.map((each) => showMitigation(each.incidentId, each.id))],
    },
    result: 'moved',
  };
}
