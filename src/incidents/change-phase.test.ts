import { expect, test } from 'vitest';
import { changePhase } from './change-phase.ts';
import { takeCommand } from './take-command.ts';
import { anIncident, incidentDeps, NOW } from './test-builders.ts';
import type { PhaseEvent } from './transition.ts';

function open(over: Parameters<typeof anIncident>[0] = {}) {
  const deps = incidentDeps();
  deps.store.incidents.seed(anIncident(over));
  const asked: unknown[] = [];
  const followUps = (incident: { id: string; phase: string }, event: PhaseEvent) => {
    asked.push([incident.phase, event.type]);
    return event.type === 'resolve' ? [{ kind: 'postmortem.draft', lane: 'x', payload: {} }] : [];
  };
  const change = (event: PhaseEvent, summary?: string) =>
    changePhase(
      { ...deps, followUps },
      { incidentId: 'inc_a', by: 'U_ANA', event, ...(summary === undefined ? {} : { summary }) },
    );
  return { deps, change, asked };
}

test.each([
  ['triage', { type: 'advance', to: 'scope' }, undefined, 'phase_changed', 'Moved from triage to scope.'],
  ['mitigate', { type: 'resolve' }, 'v41 is back', 'resolved', 'Resolved INC-12. v41 is back'],
  ['mitigate', { type: 'resolve' }, undefined, 'resolved', 'Resolved INC-12.'],
  ['closed', { type: 'reopen' }, '', 'reopened', 'Reopened INC-12.'],
  ['triage', { type: 'cancel' }, 'A test.', 'cancelled', 'Cancelled INC-12: not an incident. A test.'],
  ['post_incident', { type: 'close' }, undefined, 'closed', 'Closed INC-12.'],
] as const)('from %s, %j', async (phase, event, summary, kind, text) => {
  const { deps, change } = open({ phase });
  await change(event, summary);
  expect(deps.store.entries).toMatchObject([{ kind, text, actor: { kind: 'person', id: 'U_ANA' } }]);
});

test('what follows from a phase is asked for with the new state, in the same save', async () => {
  const { deps, change, asked } = open({ phase: 'mitigate' });
  await change({ type: 'resolve' });
  expect(asked).toEqual([['post_incident', 'resolve']]);
  expect(deps.store.jobs.map((job) => job.kind)).toEqual([
    'incident.say',
    'incident.show_card',
    'incident.announce',
    'incident.remind',
    'postmortem.draft',
  ]);
});

test('advancing is on the timeline, but not announced', async () => {
  const { deps, change } = open();
  await change({ type: 'advance', to: 'mitigate' });
  expect(deps.store.jobs.map((job) => job.kind)).not.toContain('incident.say');
});

test('a refused move writes nothing', async () => {
  const { deps, change } = open({ phase: 'scope' });
  await expect(change({ type: 'cancel' })).rejects.toThrow('only an incident in triage can be cancelled');
  expect(deps.store.saves).toEqual([]);
});

test('two people resolving at the same moment: one resolves, the other hears of it', async () => {
  const { deps, change } = open({ phase: 'mitigate' });
  const results = await Promise.allSettled([change({ type: 'resolve' }), change({ type: 'resolve' })]);
  expect(results[1]).toMatchObject({ reason: { message: 'INC-12 is resolved already.' } });
  expect(deps.store.entries).toHaveLength(1);
});

test('taking command acknowledges; taking it twice changes nothing; another may take it over', async () => {
  const { deps } = open();
  const take = (by: string) => takeCommand(deps, { incidentId: 'inc_a', by });
  expect(await take('U_ANA')).toMatchObject({ commander: 'U_ANA', acknowledgedAt: NOW });
  await take('U_ANA');
  expect(deps.store.saves).toEqual(['saved']);
  deps.clock.advance(60_000);
  expect(await take('U_BEN')).toMatchObject({ commander: 'U_BEN', acknowledgedAt: NOW });
  expect(deps.store.entries.map((entry) => entry.actor)).toEqual([
    { kind: 'person', id: 'U_ANA' },
    { kind: 'person', id: 'U_BEN' },
  ]);
});

test('nobody takes command of an incident that is over', async () => {
  const { deps } = open({ phase: 'post_incident' });
  await takeCommand(deps, { incidentId: 'inc_a', by: 'U_ANA' });
  expect(deps.store.incidents.get('inc_a')?.commander).toBeUndefined();
  expect(deps.store.saves).toEqual([]);
});

test('an unknown incident', async () => {
  const { deps } = open();
  await expect(takeCommand(deps, { incidentId: 'inc_x', by: 'U_ANA' })).rejects.toThrow(
    'That incident is not known here.',
  );
});
