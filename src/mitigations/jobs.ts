import type { NewJob } from '../verb.ts';

/** An incident's mitigations change the world one at a time. */
const lane = (incidentId: string): string => `mitigation:${incidentId}`;

/** The approval card in the incident's channel, edited in place as the mitigation goes on. */
export function showMitigation(incidentId: string, mitigationId: string): NewJob {
  return {
    kind: 'mitigation.show',
    lane: `incident:${incidentId}`,
    key: `mitigation-card:${mitigationId}`,
    coalesce: true,
    payload: { incidentId, mitigationId },
  };
}

/** Looks up, live, whether the person may decide, then decides. */
export function decide(
  incidentId: string,
  mitigationId: string,
  input: { by: string; decision: 'approve' | 'reject'; parametersHash: string; channel: string; key: string },
): NewJob {
  const { key, ...rest } = input;
  return {
    kind: 'mitigation.decide',
    lane: lane(incidentId),
    key: `decide:${key}`,
    payload: { mitigationId, ...rest },
  };
}

/** `heldSince`: asks again after a release, since the first sending ended without one. */
export function send(incidentId: string, mitigationId: string, heldSince?: string): NewJob {
  return {
    kind: 'mitigation.send',
    lane: lane(incidentId),
    key: `send:${mitigationId}${heldSince === undefined ? '' : `:${heldSince}`}`,
    payload: { mitigationId },
  };
}

/** After a release: sends what was waiting. */
export function sendHeld(since: Date): NewJob {
  return {
    kind: 'mitigation.send_held',
    lane: 'mitigation-hold',
    key: `send-held:${since.toISOString()}`,
    payload: { since: since.toISOString() },
  };
}

/** The message about mitigations that wait after a restore. */
export function showHold(since: Date): NewJob {
  return {
    kind: 'mitigation_hold.show',
    lane: 'incidents-channel',
    key: `mitigation-hold:${since.toISOString()}`,
    coalesce: true,
    payload: {},
  };
}

/** Expires an approval nobody gave, gives up on an answer that never came, ends a verification: whatever is overdue then. */
export function checkDeadline(
  mitigationId: string,
  incidentId: string,
  what: 'approval' | 'answer' | 'verification',
  dueAt: Date,
): NewJob {
  return {
    kind: 'mitigation.deadline',
    lane: `mitigation-deadline:${incidentId}`,
    // A verification can begin again when a person says that it happened after all.
    key: `deadline:${what}:${mitigationId}:${dueAt.toISOString()}`,
    payload: { mitigationId },
    dueAt,
  };
}
