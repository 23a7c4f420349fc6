import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { serviceFields } from '../services/schema.ts';
import { HOUR, MINUTE } from '../time.ts';
import { NO_SUMS } from './baseline.ts';
import { evaluateTrigger } from './evaluate-trigger.ts';
import type { Check } from './evidence.ts';
import { triggerFields, triggerRule } from './schema.ts';
import type { Finding } from './trigger.ts';

const NOW = new Date('2026-11-21T10:00:00Z');
const ago = (minutes: number): Date => new Date(NOW.getTime() - minutes * MINUTE);
const service = z.strictObject({ ...serviceFields, ...triggerFields }).parse({
  service: 'a',
  tier: 1,
  owners: { team: 'ml' },
  slis: { queue: { unit: 'count', better: 'lower' } },
});

/** Newest last, a minute apart. */
function checks(values: readonly number[], windowSeconds?: number): Check[] {
  return values.map((value, index) => ({
    ...{ at: ago(values.length - 1 - index), value, inIncident: false },
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
  }));
}

/** What is found of checks before which more was measured than is read. */
function judge(comparator: object, known: readonly Check[], isCut = true, before?: Finding): Finding {
  const rule = triggerRule.parse({
    ...{ title: 'T', source: '§D', kind: 'cost', slis: { queue: comparator }, severity: [{ is: 'SEV3' }] },
  });
  const evidence = {
    slis: new Map([['queue', { checks: known, before: NO_SUMS, ...(isCut ? { isCut } : {}) }]]),
    ...{ alerts: [], reports: [] },
  };
  const remembered = new Map(before === undefined ? [] : [[before.key, before] as const]);
  const [finding] = evaluateTrigger('t', rule, service, evidence, remembered, NOW);
  if (finding === undefined) throw new Error('no finding');
  return finding;
}

describe('a history that is cut', () => {
  const lasting = { above: 5, for: '15m' };
  const seen = (what: string) => `only ${what} can be looked at, since more is measured than is read at once`;
  const suspicion = (what: string) => ` Suspected: ${seen(what)}, and all of that is beyond the limit.`;

  it.each([
    ['the newest 4 min', checks([9, 9, 9, 9, 9])],
    ['the newest 5 min', checks([9, 9, 9, 9, 9], 60)],
    ['its newest moment', checks([9])],
  ])('and beyond the limit in %s is asked about', (what, known) => {
    const finding = judge(lasting, known);
    expect(finding).toMatchObject({ state: 'suspected', isUnconfirmed: true });
    expect(finding.reason.endsWith(`The limit is 5 for 15 min.${suspicion(what)}`)).toBe(true);
  });

  it('is not asked about where the crossing began within it, or nothing was cut (control)', () => {
    const began = judge(lasting, checks([1, 9, 9, 9, 9]));
    const whole = judge(lasting, checks([9, 9, 9, 9, 9]), false);
    for (const finding of [began, whole]) {
      expect(finding.state).toBe('suspected');
      expect(finding).not.toHaveProperty('isUnconfirmed');
    }
    expect(began.reason).toContain(` Note: ${seen('the newest 4 min')}.`);
    expect(whole.reason).not.toContain('can be looked at');
  });

  it('fires, and says nothing of it, where what is left suffices', () => {
    const finding = judge(lasting, checks(new Array<number>(16).fill(9)));
    expect(finding.state).toBe('firing');
    expect(finding.reason).not.toContain('can be looked at');
  });

  it('says so of what is over, as far as can be seen', () => {
    const held = { above: 0, hold: '1h' };
    const fired = judge(held, checks([9]), false);
    expect(fired.state).toBe('firing');
    const over = { ...fired, onset: ago(30) };
    expect(judge(held, checks([0, 0, 0]), true, over)).toMatchObject({
      state: 'healthy',
      reason: expect.stringContaining(` Note: ${seen('the newest 2 min')}.`),
    });
    expect(judge(held, checks([9, 0, 0]), true, over)).toMatchObject({
      state: 'firing',
      reason: expect.stringMatching(/that counts until it has been well for 1 h\. Note: only the newest/),
    });
  });

  it('can not be judged when not one whole moment is left', () => {
    expect(judge(lasting, [])).toMatchObject({
      state: 'not_evaluable',
      reason:
        'Queue: more measurements share its newest moment than are read at once; send fewer series, or their total',
    });
    expect(judge(lasting, [], false).reason).toBe('Queue: no data');
  });

  it('is no young history to hold a spike against', () => {
    const spike = { spike: { at_least: 3, within: '1h', against: '1d', p: 0.001 } };
    const counts = [5, 0, 0].map((value, index) => ({
      ...{ at: new Date(NOW.getTime() - index * HOUR), value, windowSeconds: 3600, inIncident: false },
    }));
    const oldestFirst = counts.reverse();
    expect(judge(spike, oldestFirst).reason).toBe(
      `Queue: ${seen('the newest 3 h')}; send fewer series, or longer windows`,
    );
    expect(judge(spike, oldestFirst, false).reason).toContain('no history yet: 2 h of 3 h');
  });
});
