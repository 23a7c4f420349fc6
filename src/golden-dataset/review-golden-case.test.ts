import { expect, test } from 'vitest';
import { NOW } from '../incidents/test-builders.ts';
import { commitToDataset } from './commit-golden-case.ts';
import { draftGoldenCases } from './draft-golden-cases.ts';
import { type ReviewInput, reviewGoldenCase } from './review-golden-case.ts';
import { aCase, anExample, goldenDeps } from './test-builders.ts';

test('drafting asks for a review of each case, and drafting again of none', async () => {
  const { deps, base, cases } = goldenDeps({
    examples: [anExample(), anExample({ id: 'x2', input: 'Other' })],
  });
  await draftGoldenCases(deps, 'inc_a');
  await draftGoldenCases(deps, 'inc_a');
  expect(cases.all().map((row) => row.state)).toEqual(['draft', 'draft']);
  expect(base.entries.map((entry) => entry.text)).toEqual([
    'Golden case drafted (hallucination): May I return it after 40 days?',
    'Golden case drafted (hallucination): Other',
  ]);
  expect(base.jobs.map((job) => job.kind)).toEqual(['golden.show', 'golden.show']);
  expect(base.saves).toEqual(['saved']);
});

test('two replicas drafting at the same moment: each case once', async () => {
  const { deps, base, cases } = goldenDeps({ examples: [anExample()] });
  await Promise.all([draftGoldenCases(deps, 'inc_a'), draftGoldenCases(deps, 'inc_a')]);
  expect(cases.all()).toHaveLength(1);
  expect(base.saves).toEqual(['saved', 'conflict']);
});

const { expected: _expected, ...unanswered } = aCase();
const approve: ReviewInput = { caseId: 'gc_1', by: 'U_ANA', decision: 'approve' };

test('approved: recorded, and committed by a job', async () => {
  const { deps, base, cases } = goldenDeps({ cases: [aCase()] });
  await reviewGoldenCase(deps, approve);
  expect(cases.get('gc_1')).toMatchObject({ state: 'approved', reviewedBy: 'U_ANA', reviewedAt: NOW });
  expect(base.entries.map((entry) => [entry.kind, entry.text])).toEqual([
    ['golden_case_approved', 'Golden case approved: May I return it after 40 days?'],
  ]);
  expect(base.jobs.map((job) => job.kind)).toEqual(['golden.show', 'golden.commit']);
});

test('rejected: nothing is committed', async () => {
  const { deps, base, cases } = goldenDeps({ cases: [unanswered] });
  await reviewGoldenCase(deps, { ...approve, decision: 'reject' });
  expect(cases.get('gc_1')?.state).toBe('rejected');
  expect(base.jobs.map((job) => job.kind)).toEqual(['golden.show']);
});

test.each([undefined, '', '  '])(
  'without an expected answer (%j) it can not be approved',
  async (expected) => {
    const { deps, cases } = goldenDeps({ cases: [unanswered] });
    const input = expected === undefined ? approve : { ...approve, expected };
    await expect(reviewGoldenCase(deps, input)).rejects.toThrow(
      'Write the expected answer first: a case without one proves nothing.',
    );
    expect(cases.get('gc_1')?.state).toBe('draft');
  },
);

test("a reviewer's answer replaces the drafted one, and is redacted", async () => {
  const { deps, cases } = goldenDeps({ cases: [aCase()] });
  await reviewGoldenCase(deps, { ...approve, expected: ' Ask ana@example.com ' });
  expect(cases.get('gc_1')?.expected).toBe('Ask [email]');
});

test('the same person clicking again changes nothing; the other answer, and another person, hear what it is', async () => {
  const { deps, base } = goldenDeps({ cases: [aCase()] });
  await reviewGoldenCase(deps, approve);
  await reviewGoldenCase(deps, approve);
  expect(base.saves).toEqual(['saved']);
  const message = 'This case is approved already; nothing was changed.';
  await expect(reviewGoldenCase(deps, { ...approve, decision: 'reject' })).rejects.toThrow(message);
  await expect(reviewGoldenCase(deps, { ...approve, by: 'U_BEN' })).rejects.toThrow(message);
});

function repository() {
  const lines: { service: string; caseId: string; line: string; message: string }[] = [];
  return {
    lines,
    commitCase: async (input: (typeof lines)[number]) => {
      lines.push(input);
      return { path: 'support-agent.jsonl', commit: '0123456789abcdef' };
    },
  };
}
const followUp = (incidentId: string) => [{ kind: 'postmortem.draft', lane: incidentId, payload: {} }];

test('an approved case is committed, then recorded with where it is', async () => {
  const { deps, base, cases } = goldenDeps({ cases: [aCase({ state: 'approved', reviewedBy: 'U_ANA' })] });
  const target = repository();
  await commitToDataset({ ...deps, followUp }, target, 'gc_1');
  expect(target.lines).toMatchObject([
    {
      service: 'support-agent',
      caseId: 'gc_1',
      message: 'support-agent: golden case from INC-12 (hallucination)',
    },
  ]);
  expect(JSON.parse(target.lines[0]?.line ?? '')).toMatchObject({
    id: 'gc_1',
    expected: 'No, within 30 days.',
  });
  expect(cases.get('gc_1')).toMatchObject({
    state: 'committed',
    path: 'support-agent.jsonl',
    commit: '0123456789abcdef',
  });
  expect(base.entries.map((entry) => entry.text)).toEqual([
    'Golden case committed to support-agent.jsonl (01234567).',
  ]);
  expect(base.jobs.map((job) => job.kind)).toEqual(['golden.show', 'postmortem.draft']);
});

test('run again after it was recorded, it commits nothing', async () => {
  const { deps } = goldenDeps({ cases: [aCase({ state: 'approved' })] });
  const target = repository();
  await commitToDataset({ ...deps, followUp }, target, 'gc_1');
  await commitToDataset({ ...deps, followUp }, target, 'gc_1');
  expect(target.lines).toHaveLength(1);
});

test.each(['draft', 'rejected'] as const)('a case that is %s never leaves', async (state) => {
  const { deps, base } = goldenDeps({ cases: [aCase({ state })] });
  const target = repository();
  await commitToDataset({ ...deps, followUp }, target, 'gc_1');
  expect(target.lines).toEqual([]);
  expect(base.saves).toEqual([]);
});

test('an unknown case', async () => {
  const { deps } = goldenDeps();
  await expect(reviewGoldenCase(deps, approve)).rejects.toThrow('That golden case is not known here.');
});
