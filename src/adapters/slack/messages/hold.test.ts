import { expect, it } from 'vitest';
import { holdMessage } from './hold.ts';
import { after, aMitigation, BEN, expectGolden, NOW } from './test-builders.ts';

const hold = { since: NOW, reason: 'It is on another PostgreSQL server now.' };

it('mitigations held after a restore, then released', () => {
  expectGolden('hold', {
    held: holdMessage(hold, [aMitigation({ state: 'approved', decidedBy: BEN })]),
    released: holdMessage({ ...hold, releasedBy: BEN, releasedAt: after(5) }, []),
  });
});

it('with nothing waiting it still asks: what is approved later waits too', () => {
  const text = JSON.stringify(holdMessage(hold, []));
  expect(text).toContain('0 approved are waiting');
  expect(text).toContain('Release mitigations');
});
