import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MINUTE } from '../time.ts';
import type { Incident, Phase } from './incident.ts';
import { after, anIncident, NOW } from './test-builders.ts';
import { type PhaseEvent, transition } from './transition.ts';

const EVENTS: readonly PhaseEvent[] = [
  { type: 'advance', to: 'scope' },
  { type: 'advance', to: 'mitigate' },
  { type: 'resolve' },
  { type: 'reopen' },
  { type: 'cancel' },
  { type: 'close' },
];

/** Every phase an event may lead to; what is not here is refused with these words. */
const table: readonly [Phase, string, Phase | string][] = [
  ['triage', 'advance scope', 'scope'],
  ['triage', 'advance mitigate', 'mitigate'],
  ['triage', 'resolve', 'post_incident'],
  ['triage', 'reopen', 'INC-12 is in triage; only a resolved or closed incident can be reopened.'],
  ['triage', 'cancel', 'cancelled'],
  ['triage', 'close', 'INC-12 is in triage; resolve it before closing it.'],
  ['scope', 'advance scope', 'INC-12 is already in scope.'],
  ['scope', 'advance mitigate', 'mitigate'],
  ['scope', 'resolve', 'post_incident'],
  ['scope', 'reopen', 'INC-12 is in scope; only a resolved or closed incident can be reopened.'],
  ['scope', 'cancel', 'INC-12 is in scope; only an incident in triage can be cancelled. Resolve it instead.'],
  ['scope', 'close', 'INC-12 is in scope; resolve it before closing it.'],
  ['mitigate', 'advance scope', 'INC-12 is already in mitigate.'],
  ['mitigate', 'advance mitigate', 'INC-12 is already in mitigate.'],
  ['mitigate', 'resolve', 'post_incident'],
  ['mitigate', 'reopen', 'INC-12 is in mitigate; only a resolved or closed incident can be reopened.'],
  [
    'mitigate',
    'cancel',
    'INC-12 is in mitigate; only an incident in triage can be cancelled. Resolve it instead.',
  ],
  ['mitigate', 'close', 'INC-12 is in mitigate; resolve it before closing it.'],
  ['post_incident', 'advance scope', "INC-12 is resolved; its phase can't be advanced."],
  ['post_incident', 'advance mitigate', "INC-12 is resolved; its phase can't be advanced."],
  ['post_incident', 'resolve', 'INC-12 is resolved already.'],
  ['post_incident', 'reopen', 'mitigate'],
  [
    'post_incident',
    'cancel',
    'INC-12 is resolved; only an incident in triage can be cancelled. Resolve it instead.',
  ],
  ['post_incident', 'close', 'closed'],
  ['closed', 'advance scope', "INC-12 is closed; its phase can't be advanced."],
  ['closed', 'resolve', 'INC-12 is closed already.'],
  ['closed', 'reopen', 'mitigate'],
  ['closed', 'cancel', 'INC-12 is closed; only an incident in triage can be cancelled. Resolve it instead.'],
  ['closed', 'close', 'INC-12 is closed; resolve it before closing it.'],
  ['cancelled', 'advance mitigate', "INC-12 is cancelled; its phase can't be advanced."],
  ['cancelled', 'resolve', 'INC-12 is cancelled already.'],
  ['cancelled', 'reopen', 'INC-12 is cancelled; only a resolved or closed incident can be reopened.'],
  [
    'cancelled',
    'cancel',
    'INC-12 is cancelled; only an incident in triage can be cancelled. Resolve it instead.',
  ],
  ['cancelled', 'close', 'INC-12 is cancelled; resolve it before closing it.'],
];
const PHASES: readonly string[] = ['triage', 'scope', 'mitigate', 'post_incident', 'closed', 'cancelled'];

const nameOf = (event: PhaseEvent): string => (event.type === 'advance' ? `advance ${event.to}` : event.type);

test.each(table)('%s, %s: %s', (phase, name, expected) => {
  const event = EVENTS.find((each) => nameOf(each) === name);
  if (event === undefined) throw new Error(name);
  const move = () => transition(anIncident({ phase }), event, NOW);
  if (PHASES.includes(expected)) expect(move().phase).toBe(expected);
  else expect(move).toThrow(expected);
});

test('resolving sets the milestones; one that was mitigated before keeps its time', () => {
  expect(transition(anIncident(), { type: 'resolve' }, NOW)).toMatchObject({
    mitigatedAt: NOW,
    resolvedAt: NOW,
  });
  const mitigated = anIncident({ mitigatedAt: after(-1) });
  expect(transition(mitigated, { type: 'resolve' }, NOW).mitigatedAt).toEqual(after(-1));
});

test('reopening takes back what was reached, and keeps the acknowledgement', () => {
  const closed = anIncident({
    phase: 'closed',
    acknowledgedAt: after(-4),
    mitigatedAt: after(-3),
    resolvedAt: after(-2),
    closedAt: after(-1),
  });
  const reopened = transition(closed, { type: 'reopen' }, NOW);
  expect(reopened).toMatchObject({ phase: 'mitigate', acknowledgedAt: after(-4) });
  expect(reopened).not.toHaveProperty('mitigatedAt');
  expect(reopened).not.toHaveProperty('resolvedAt');
  expect(reopened).not.toHaveProperty('closedAt');
});

const LEGAL: Readonly<Record<Phase, readonly Phase[]>> = {
  triage: ['scope', 'mitigate', 'post_incident', 'cancelled'],
  scope: ['mitigate', 'post_incident'],
  mitigate: ['post_incident'],
  post_incident: ['mitigate', 'closed'],
  closed: ['mitigate'],
  cancelled: [],
};

function checkMilestones(incident: Incident): void {
  const { phase, mitigatedAt, resolvedAt, closedAt } = incident;
  expect(resolvedAt !== undefined).toBe(phase === 'post_incident' || phase === 'closed');
  expect(closedAt !== undefined).toBe(phase === 'closed' || phase === 'cancelled');
  const reached = [
    incident.startedAt,
    incident.detectedAt,
    incident.declaredAt,
    mitigatedAt,
    resolvedAt,
    closedAt,
  ];
  const times = reached.flatMap((at) => (at === undefined ? [] : [at.getTime()]));
  expect(times).toEqual([...times].sort((a, b) => a - b));
}

test('whatever happens in whatever order, only documented moves, and milestones in their order', () => {
  const steps = fc.array(fc.record({ event: fc.constantFrom(...EVENTS), minutes: fc.nat({ max: 60 }) }));
  fc.assert(
    fc.property(steps, (played) => {
      let incident = anIncident();
      let now = NOW.getTime();
      for (const { event, minutes } of played) {
        now += minutes * MINUTE;
        const before = structuredClone(incident);
        let next = incident;
        try {
          next = transition(incident, event, new Date(now));
        } catch (error) {
          expect(error).toMatchObject({ code: 'not_allowed_now' });
          expect(incident).toEqual(before);
          continue;
        }
        expect(LEGAL[incident.phase]).toContain(next.phase);
        checkMilestones(next);
        incident = next;
      }
    }),
    { numRuns: 500 },
  );
});
