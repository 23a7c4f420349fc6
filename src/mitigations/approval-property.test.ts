import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentHash } from '../ids.ts';
import { NOW } from '../incidents/test-builders.ts';
import { MINUTE } from '../time.ts';
import { decideMitigation } from './decide-mitigation.ts';
import { executeMitigation } from './execute-mitigation.ts';
import type { Mitigation } from './mitigation.ts';
import { recordAnswer, settleUnknown } from './record-answer.ts';
import {
  accepted,
  anybody,
  createTarget,
  type MitigationCase,
  mitigationDeps,
  request,
  type TestDeps,
} from './test-builders.ts';
import { checkMitigation } from './verify-mitigation.ts';

const PEOPLE = ['U_ANA', 'U_BEN', 'U_CAM'] as const;
const person = fc.constantFrom(...PEOPLE);
const nth = fc.constantFrom(0, 0, 0, 1, 2);
const action = fc.oneof(
  fc.record({ do: fc.constant('request' as const), by: person }),
  fc.record({
    do: fc.constant('decide' as const),
    by: person,
    nth,
    approve: fc.boolean(),
    right: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('send' as const),
    nth,
    last: fc.boolean(),
    outcome: fc.constantFrom('accepted', 'refused', 'not_sent', 'ambiguous', 'crash'),
  }),
  fc.record({ do: fc.constant('fact' as const), value: fc.constantFrom('v1', 'v2') }),
  fc.record({ do: fc.constant('tamper' as const), nth }),
  fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 11, 31) }),
  fc.record({ do: fc.constant('check' as const), nth }),
  fc.record({ do: fc.constant('answer' as const), nth, happened: fc.boolean() }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Half of the sequences begin with a request that is approved as it should be, so that much is sent. */
const approvedFirst: readonly Action[] = [
  { do: 'request', by: 'U_ANA' },
  { do: 'decide', by: 'U_BEN', nth: 0, approve: true, right: true },
];
const sequence = fc
  .tuple(fc.constantFrom([], approvedFirst), fc.array(action, { maxLength: 20 }))
  .map(([first, then]) => [...first, ...then]);

interface Approval {
  readonly mitigation: string;
  readonly by: string;
  readonly parametersHash: string;
  readonly validUntil: number;
}

/** Plays the actions; returns every send with the moment it happened, and every approval that was accepted. */
async function play(deps: TestDeps, actions: readonly Action[]) {
  const sends: { mitigation: Mitigation; at: number }[] = [];
  const approvals: Approval[] = [];
  const pick = (n: number): Mitigation | undefined => deps.store.mitigations.all()[n];
  for (const [index, step] of actions.entries()) {
    const mitigation = 'nth' in step ? pick(step.nth) : undefined;
    try {
      await perform(step, mitigation, `key-${index}`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  }
  return { sends, approvals };

  async function perform(step: Action, mitigation: Mitigation | undefined, onceKey: string): Promise<void> {
    switch (step.do) {
      case 'request':
        await request(deps, { by: step.by, onceKey });
        return;
      case 'fact': {
        const incident = deps.store.base.incidents.get('inc_a');
        if (incident !== undefined)
          deps.store.base.incidents.seed({
            ...incident,
            facts: { previous_good_model: { value: step.value, from: 'signal:ci', at: NOW } },
          });
        return;
      }
      case 'wait':
        deps.clock.advance(step.minutes * MINUTE);
        return;
    }
    if (mitigation === undefined) return;
    switch (step.do) {
      case 'decide': {
        const parametersHash = step.right ? mitigation.parametersHash : 'other';
        await decideMitigation(deps, anybody, {
          mitigationId: mitigation.id,
          by: step.by,
          decision: step.approve ? 'approve' : 'reject',
          parametersHash,
        });
        if (step.approve)
          approvals.push({
            mitigation: mitigation.id,
            by: step.by,
            parametersHash,
            validUntil: mitigation.expiresAt.getTime(),
          });
        return;
      }
      case 'send': {
        const { outcome } = step;
        const target = createTarget(
          outcome === 'crash' ? () => Promise.reject(new Error('died')) : { kind: outcome, detail: 'x' },
        );
        await executeMitigation(deps, target, mitigation.id, step.last).finally(() => {
          for (const each of target.sent) sends.push({ mitigation: each, at: deps.clock.now().getTime() });
        });
        return;
      }
      case 'tamper':
        deps.store.mitigations.seed({
          ...mitigation,
          request: { ...mitigation.request, body: '{"to":"evil"}' },
        });
        return;
      case 'check':
        await checkMitigation(deps, mitigation.id);
        return;
      case 'answer':
        if (mitigation.state === 'unknown')
          await settleUnknown(deps, { mitigationId: mitigation.id, by: 'U_ANA', happened: step.happened });
        else
          await recordAnswer(deps, mitigation.id, {
            attempt: 1,
            status: step.happened ? 'succeeded' : 'failed',
          });
        return;
    }
  }
}

const policies: readonly [string, MitigationCase][] = [
  ['high risk, header', {}],
  [
    'always, low risk, converges',
    { approval: { two_person: 'always' }, definition: { risk: 'low', idempotency: 'converges' } },
  ],
  ['high risk, none', { definition: { idempotency: 'none', limits: { per_incident: 3, cooldown: '1m' } } }],
];

test.each(policies)(
  'nothing is sent without a valid approval by another person of exactly these parameters (%s)',
  async (_name, made) => {
    await fc.assert(
      fc.asyncProperty(sequence, async (actions) => {
        const { deps } = mitigationDeps(made);
        const { sends, approvals } = await play(deps, actions);
        for (const { mitigation, at } of sends) {
          const approval = approvals.find(
            (each) =>
              each.mitigation === mitigation.id &&
              each.by !== mitigation.requestedBy &&
              each.parametersHash === contentHash(mitigation.request) &&
              at < each.validUntil,
          );
          expect(approval).toBeDefined();
        }
      }),
      { numRuns: 400 },
    );
  },
);

test('where repeats are not recognised, nothing that may have arrived is sent again', async () => {
  await fc.assert(
    fc.asyncProperty(sequence, async (actions) => {
      const { deps } = mitigationDeps({ definition: { idempotency: 'none' } });
      const surely = actions.map(
        (step): Action =>
          step.do === 'send' && step.outcome === 'not_sent' ? { ...step, outcome: 'crash' } : step,
      );
      const { sends } = await play(deps, surely);
      expect(new Set(sends.map(({ mitigation }) => mitigation.id)).size).toBe(sends.length);
    }),
    { numRuns: 300 },
  );
});

test('the property sees sends at all', async () => {
  const { deps } = mitigationDeps();
  const { sends } = await play(deps, [
    { do: 'request', by: 'U_ANA' },
    { do: 'decide', by: 'U_ANA', nth: 0, approve: true, right: true },
    { do: 'send', nth: 0, last: false, outcome: accepted.kind },
    { do: 'decide', by: 'U_BEN', nth: 0, approve: true, right: true },
    { do: 'send', nth: 0, last: false, outcome: accepted.kind },
  ]);
  expect(sends).toHaveLength(1);
});
