import type { NewJob } from '../verb.ts';

/** Drafts cases from the incident's examples. Each resolution drafts once. */
export function draftGoldenCases(incidentId: string, resolvedAt: Date): NewJob {
  return {
    kind: 'golden.draft',
    lane: `incident:${incidentId}`,
    key: `golden-draft:${incidentId}:${resolvedAt.toISOString()}`,
    payload: { incidentId },
  };
}

/** The review message of a case, edited in place as it goes on. */
export function showGoldenCase(incidentId: string, caseId: string): NewJob {
  return {
    kind: 'golden.show',
    lane: `incident:${incidentId}`,
    key: `golden-card:${caseId}`,
    coalesce: true,
    payload: { incidentId, caseId },
  };
}

/** Commits go to one repository, one at a time. */
export function commitGoldenCase(caseId: string): NewJob {
  return {
    kind: 'golden.commit',
    lane: 'golden-repository',
    key: `golden-commit:${caseId}`,
    payload: { caseId },
  };
}
