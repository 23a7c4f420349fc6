import { type Actor, AIRE, type Incident } from '../incidents/incident.ts';
import { refresh, say } from '../incidents/jobs.ts';
import { type EntryContext, type EntryKind, entry } from '../incidents/timeline.ts';
import { checkDeadline, showMitigation } from './jobs.ts';
import type { Mitigation } from './mitigation.ts';
import type { MitigationChange } from './ports.ts';

type End = 'succeeded' | 'failed' | 'unknown' | 'expired';

const ENTRY: Readonly<Record<End, { kind: EntryKind; word: string }>> = {
  succeeded: { kind: 'mitigation_verified', word: 'Succeeded' },
  failed: { kind: 'mitigation_failed', word: 'Failed' },
  unknown: { kind: 'mitigation_unknown', word: 'Outcome unknown' },
  expired: { kind: 'mitigation_expired', word: 'Expired' },
};

/** The mitigation ends: its card, the channel and the timeline say how. Success sets the incident's `mitigated_at`. */
export function ended(
  mitigation: Mitigation,
  incident: Incident,
  state: End,
  detail: string,
  context: EntryContext,
  by: Actor = AIRE,
): MitigationChange {
  const { kind, word } = ENTRY[state];
  const said = entry(context, incident, by, kind, `${word}: ${mitigation.definition.title}. ${detail}`, {
    data: { mitigation: mitigation.id },
  });
  const mitigated = state === 'succeeded' && incident.mitigatedAt === undefined;
  return {
    mitigations: [{ ...mitigation, state, detail, endedAt: context.now }],
    ...(mitigated ? { incidents: [{ ...incident, mitigatedAt: context.now }] } : {}),
    timeline: [
      said,
      ...(mitigated
        ? [entry(context, incident, by, 'mitigated', `Mitigated by: ${mitigation.definition.title}.`)]
        : []),
    ],
    jobs: [say(said), showMitigation(incident.id, mitigation.id), ...refresh(incident.id)],
  };
}

/** The target did it: what remains is the proof, against the SLI that fired. */
export function ran(
  mitigation: Mitigation,
  incident: Incident,
  detail: string,
  context: EntryContext,
  by: Actor = AIRE,
): MitigationChange {
  if (mitigation.definition.verify.sli === undefined && incident.fired === undefined) {
    const unproven = `${detail} There is nothing to verify it against: the incident names no SLI and the mitigation no verify.sli.`;
    // A machine's word is no proof; a person who looked is the best there is.
    const state = by.kind === 'person' ? 'succeeded' : 'unknown';
    return ended({ ...mitigation, ranAt: context.now }, incident, state, unproven, context, by);
  }
  const said = entry(
    context,
    incident,
    by,
    'mitigation_answered',
    `Ran: ${mitigation.definition.title}. ${detail}`,
    { data: { mitigation: mitigation.id } },
  );
  const deadline = new Date(context.now.getTime() + mitigation.definition.verify.within);
  return {
    mitigations: [{ ...mitigation, state: 'verifying', ranAt: context.now, detail }],
    timeline: [said],
    jobs: [
      checkDeadline(mitigation.id, incident.id, 'verification', deadline),
      showMitigation(incident.id, mitigation.id),
      ...refresh(incident.id),
    ],
  };
}
