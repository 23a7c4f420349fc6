import type { NewJob } from '../verb.ts';

/** Drafts the postmortem, or drafts it anew from what is known since; a person's edits are left alone. */
export function draftPostmortem(incidentId: string): NewJob {
  return {
    kind: 'postmortem.draft',
    lane: `incident:${incidentId}`,
    key: `postmortem:${incidentId}`,
    coalesce: true,
    payload: { incidentId },
  };
}
