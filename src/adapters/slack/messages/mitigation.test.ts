import { describe, expect, it } from 'vitest';
import { MITIGATION_STATES, type MitigationState } from '../../../mitigations/mitigation.ts';
import { mitigationMessage } from './mitigation.ts';
import { ANA, after, aMitigation, BEN, expectGolden, incidentIn } from './test-builders.ts';

const incident = incidentIn('mitigate');
const DETAIL: Partial<Record<MitigationState, string>> = {
  running: 'The target answered 202.',
  verifying: 'The target reports succeeded: v41 serves all traffic.',
  succeeded: 'Task completion rate is back at its baseline.',
  failed: 'The target refused with 422.',
  unknown: 'The target answered 500.',
};

describe('the card of a mitigation', () => {
  it.each(MITIGATION_STATES)('%s', (state) => {
    const decided =
      state === 'requested' || state === 'expired' ? {} : { decidedBy: BEN, decidedAt: after(1) };
    const detail = DETAIL[state];
    const mitigation = aMitigation({ state, ...decided, ...(detail === undefined ? {} : { detail }) });
    expectGolden(`mitigation-${state}`, mitigationMessage(mitigation, incident));
  });

  it('says that it is held after a restore, while it is not sent yet', () => {
    const approved = aMitigation({ state: 'approved', decidedBy: BEN });
    expectGolden('mitigation-held', mitigationMessage(approved, incident, true));
    const running = aMitigation({ state: 'running', decidedBy: BEN });
    expect(mitigationMessage(running, incident, true)).toEqual(mitigationMessage(running, incident));
  });

  it('says that no second person was needed', () => {
    const mitigation = aMitigation({ state: 'approved', twoPerson: false, decidedBy: ANA });
    expect(JSON.stringify(mitigationMessage(mitigation, incident))).toContain('no second person needed');
  });

  it('shows every parameter that is approved, and still the risk and side effects', () => {
    const parameters = Object.fromEntries(
      Array.from({ length: 30 }, (_each, index) => [`setting_${index}`, `value ${index}`]),
    );
    const shown = JSON.stringify(mitigationMessage(aMitigation({ parameters }), incident));
    for (const [name, value] of Object.entries(parameters))
      expect(shown).toContain(`*${name.replace('_', ' ')}*\\n${value}"`);
    for (const name of ['Risk', 'Target', 'Side effects', 'Reason']) expect(shown).toContain(`*${name}*`);
  });

  it('names the target without its query, which may hold more than a reader needs', () => {
    const shown = JSON.stringify(mitigationMessage(aMitigation(), incident));
    expect(shown).toContain('POST deploy.internal/rollback"');
    expect(shown).not.toContain('?to=');
  });
});
