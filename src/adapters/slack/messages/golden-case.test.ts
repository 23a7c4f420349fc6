import { describe, expect, it } from 'vitest';
import { goldenCaseMessage } from './golden-case.ts';
import { aGoldenCase, BEN, expectGolden, NOW } from './test-builders.ts';

const reviewed = { reviewedBy: BEN, reviewedAt: NOW };

describe('a golden case', () => {
  it('to review', () => expectGolden('golden-case-draft', goldenCaseMessage(aGoldenCase())));

  it('to review, without an expected answer', () => {
    const { expected: _none, ...without } = aGoldenCase({ redacted: {} });
    expectGolden('golden-case-draft-without-expected', goldenCaseMessage(without));
  });

  it('approved', () => {
    expectGolden('golden-case-approved', goldenCaseMessage(aGoldenCase({ ...reviewed, state: 'approved' })));
  });

  it('rejected', () => {
    expectGolden('golden-case-rejected', goldenCaseMessage(aGoldenCase({ ...reviewed, state: 'rejected' })));
  });

  it('committed', () => {
    const committed = aGoldenCase({
      ...reviewed,
      state: 'committed',
      path: 'cases/support-agent.jsonl',
      commit: '0123456789abcdef',
    });
    expectGolden('golden-case-committed', goldenCaseMessage(committed));
  });

  it('can be approved with one click only when an answer is expected', () => {
    const { expected: _none, ...without } = aGoldenCase();
    expect(JSON.stringify(goldenCaseMessage(aGoldenCase()))).toContain('golden.approve');
    expect(JSON.stringify(goldenCaseMessage(without))).not.toContain('golden.approve');
  });
});
