import { describe, expect, it } from 'vitest';
import { ENTRY_KINDS } from '../../../incidents/timeline.ts';
import { entryMessage } from './entry.ts';
import { ANA, aChange, anEntry, expectGolden } from './test-builders.ts';

const person = { kind: 'person', id: ANA } as const;

describe('an event in the incident channel', () => {
  it('an attached signal can be split off', () => {
    const attached = anEntry({
      kind: 'signal_attached',
      text: 'Attached: refusal rate is 9.0 %.',
      data: { finding: 'eval_score_drop:refusal_rate' },
    });
    expectGolden('entry-signal-attached', entryMessage(attached));
  });

  it('a change links its evidence', () => expectGolden('entry-change', entryMessage(aChange())));

  it('what a person did names them', () => {
    expectGolden(
      'entry-resolved',
      entryMessage(anEntry({ kind: 'resolved', actor: person, text: 'Resolved INC-12.' })),
    );
  });

  it('each kind has its sign', () => {
    const all = ENTRY_KINDS.map((kind) => [kind, entryMessage(anEntry({ kind, actor: person }))]);
    expectGolden('entry-kinds', Object.fromEntries(all));
  });

  it('links nothing that is not http or https', () => {
    for (const url of ['javascript:alert(1)', 'slack://x', 'https://x|y', 'https://x> <!channel>']) {
      expect(JSON.stringify(entryMessage(anEntry({ url })).blocks)).not.toContain('<');
    }
    expect(JSON.stringify(entryMessage(anEntry({ url: 'https://x/y' })).blocks)).toContain(
      '<https://x/y|evidence>',
    );
  });
});
