import { describe, expect, it } from 'vitest';
import { proposalMessage } from './proposal.ts';
import { ANA, aProposal, expectGolden, incidentIn, NOW } from './test-builders.ts';

const TITLE = 'Eval score drop';
const answered = { answeredBy: ANA, answeredAt: NOW };

describe('the question whether to declare', () => {
  it('asks with two buttons, and says that nobody was paged', () => {
    expectGolden('proposal-open', proposalMessage(aProposal(), TITLE, undefined));
  });

  it('says who declared, and as which incident', () => {
    const declared = aProposal({ ...answered, state: 'declared', incidentId: 'inc_a' });
    expectGolden('proposal-declared', proposalMessage(declared, TITLE, incidentIn('triage')));
  });

  it('says who dismissed it', () => {
    expectGolden(
      'proposal-dismissed',
      proposalMessage(aProposal({ ...answered, state: 'dismissed' }), TITLE, undefined),
    );
  });

  it('says that it recovered by itself', () => {
    expectGolden('proposal-recovered', proposalMessage(aProposal({ state: 'recovered' }), TITLE, undefined));
  });

  it('says that it was closed without an answer, and why', () => {
    const reason = 'It rings. No word from Alertmanager for 7 days, so whether this goes on is not known.';
    expectGolden(
      'proposal-lapsed',
      proposalMessage(aProposal({ state: 'lapsed', reason }), TITLE, undefined),
    );
  });

  it.each(['declared', 'dismissed', 'recovered', 'lapsed'] as const)(
    'has no buttons once it is %s',
    (state) => {
      expect(JSON.stringify(proposalMessage(aProposal({ state }), TITLE, undefined))).not.toContain('button');
      expect(JSON.stringify(proposalMessage(aProposal(), TITLE, undefined))).toContain('button');
    },
  );
});
