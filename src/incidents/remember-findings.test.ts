import { describe, expect, it } from 'vitest';
import { isAsRemembered } from './remember-findings.ts';
import { after, NOW } from './test-builders.ts';
import type { WatchedFinding } from './watch.ts';

const healthy: WatchedFinding = {
  key: 'drop:rate',
  trigger: 'drop',
  state: 'healthy',
  reason: '95 %',
  severity: 'SEV2',
  sli: 'rate',
  value: 0.95,
  observedAt: after(-10),
  since: after(-60),
};
const compare = (was: WatchedFinding, is: Partial<WatchedFinding>) =>
  isAsRemembered({ [was.key]: was }, { [was.key]: { ...was, ...is } });
const seconds = (n: number) => new Date(after(-10).getTime() + n * 1000);

describe('what was seen of something that is well', () => {
  it('is no news within a minute', () => {
    expect(compare(healthy, { value: 0.94, reason: '94 %', observedAt: seconds(59) })).toBe(true);
  });
  it('is news after a minute', () => {
    expect(compare(healthy, { value: 0.94, observedAt: seconds(60) })).toBe(false);
  });
  it('is news when it holds for less than three times as long', () => {
    const short = { ...healthy, freshUntil: seconds(45) };
    expect(compare(short, { observedAt: seconds(14) })).toBe(true);
    expect(compare(short, { observedAt: seconds(15) })).toBe(false);
  });
  it('is news when nothing was seen, but for another reason', () => {
    const { observedAt: _seen, ...never } = {
      ...healthy,
      state: 'not_evaluable' as const,
      reason: 'no data',
    };
    expect(compare(never, { reason: 'no baseline yet: 9 of 12' })).toBe(false);
    expect(compare(never, {})).toBe(true);
  });
  it('is no news after a minute when it is the very same', () => {
    expect(compare(healthy, {})).toBe(true);
  });
});

describe('at once written is', () => {
  const firing: WatchedFinding = { ...healthy, state: 'firing' };
  it.each([
    ['a state', healthy, { state: 'firing' }],
    ['a value of what fires', firing, { value: 0.8 }],
    ['a value of what is suspected', { ...firing, state: 'suspected' }, { value: 0.8 }],
    ['a value of what belongs to an incident', { ...healthy, incidentId: 'inc_1' }, { value: 0.8 }],
    ['a link', healthy, { proposalId: 'prop_1' }],
    ['what was asked', healthy, { askedIn: 'prop_1' }],
    ['when it was declared', healthy, { declaredAt: NOW }],
    ['a severity', healthy, { severity: 'SEV1' }],
  ] satisfies readonly (readonly [string, WatchedFinding, Partial<WatchedFinding>])[])(
    '%s',
    (_what, was, is) => {
      expect(compare(was, is)).toBe(false);
    },
  );
  it('a finding that came or went', () => {
    expect(isAsRemembered({}, { [healthy.key]: healthy })).toBe(false);
    expect(isAsRemembered({ [healthy.key]: healthy }, {})).toBe(false);
  });
});
