import { AppError } from '../errors.ts';
import { entry } from '../incidents/timeline.ts';
import { redact } from '../signals/redact.ts';
import { changeCase } from './change-case.ts';
import type { GoldenCase } from './golden-case.ts';
import { commitGoldenCase, showGoldenCase } from './jobs.ts';
import type { GoldenDeps } from './ports.ts';

export interface ReviewInput {
  readonly caseId: string;
  readonly by: string;
  readonly decision: 'approve' | 'reject';
  /** What the right answer would have been; needed when the example brought none. */
  readonly expected?: string;
}

/**
 * A person approves or rejects a drafted case. Only an approved case with an expected answer is committed.
 *
 * @throws AppError `not_found`, `not_allowed_now`, `invalid_input`.
 */
export function reviewGoldenCase(deps: GoldenDeps, input: ReviewInput): Promise<GoldenCase> {
  return changeCase(deps, input.caseId, ({ golden, incident }, context) => {
    const decided = input.decision === 'approve' ? 'approved' : 'rejected';
    if (golden.state !== 'draft') {
      if (golden.reviewedBy === input.by && (golden.state === decided || golden.state === 'committed'))
        return { change: undefined, result: golden };
      throw new AppError('not_allowed_now', `This case is ${golden.state} already; nothing was changed.`);
    }
    const given = input.expected?.trim();
    const expected = given === undefined || given === '' ? golden.expected : redact(given).text;
    if (decided === 'approved' && expected === undefined) {
      throw new AppError(
        'invalid_input',
        'Write the expected answer first: a case without one proves nothing.',
      );
    }
    const next: GoldenCase = {
      ...golden,
      state: decided,
      ...(expected === undefined ? {} : { expected }),
      reviewedBy: input.by,
      reviewedAt: context.now,
    };
    const kind = decided === 'approved' ? 'golden_case_approved' : 'golden_case_rejected';
    const said = entry(
      context,
      incident,
      { kind: 'person', id: input.by },
      kind,
      `Golden case ${decided}: ${golden.input.slice(0, 120)}`,
      { data: { case: golden.id } },
    );
    const jobs = [
      showGoldenCase(incident.id, golden.id),
      ...(decided === 'approved' ? [commitGoldenCase(golden.id)] : []),
    ];
    return { change: { goldenCases: [next], timeline: [said], jobs }, result: next };
  });
}
