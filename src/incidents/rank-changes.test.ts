import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHANGE_KINDS } from '../signals/signal.ts';
import { howLongBefore, rankChanges } from './rank-changes.ts';
import { after, anIncident } from './test-builders.ts';
import type { TimelineEntry } from './timeline.ts';

const change = (id: string, minutes: number, what = 'model'): TimelineEntry => ({
  id,
  incidentId: 'inc_a',
  at: after(minutes),
  actor: { kind: 'system', name: 'ci' },
  kind: 'change_seen',
  text: id,
  data: { what },
});
const ids = (entries: readonly TimelineEntry[]): string[] => entries.map(({ id }) => id);

test('the closest to the onset comes first, and what came after it stands apart', () => {
  const ranked = rankChanges(anIncident(), [
    change('long before', -600),
    change('after', -19),
    change('just before', -22),
    change('much after', 5),
  ]);
  expect(ids(ranked.before)).toEqual(['just before', 'long before']);
  expect(ids(ranked.after)).toEqual(['after', 'much after']);
});

test('within the interval a change may still have been the cause', () => {
  const onset = { from: after(-40), to: after(-10), shape: 'unknown' } as const;
  const ranked = rankChanges(anIncident({ onset }), [change('a', -60), change('b', -15), change('c', -9)]);
  expect(ids(ranked.before)).toEqual(['b', 'a']);
  expect(ids(ranked.after)).toEqual(['c']);
  expect(howLongBefore(after(-15), anIncident({ onset }))).toBe(
    '5 min after the estimate, within its uncertainty',
  );
  expect(howLongBefore(after(-32), anIncident())).toBe('12 min before');
});

test('of those that moved together, the one that touches the answers most directly', () => {
  const ranked = rankChanges(anIncident(), [
    change('eval', -30, 'eval'),
    change('other', -30, 'unheard of'),
    change('prompt', -30, 'prompt'),
    change('model', -30),
  ]);
  expect(ids(ranked.before)).toEqual(['model', 'prompt', 'eval', 'other']);
});

test('whatever arrives: each change is in one place, in order, and the order of arrival does not matter', () => {
  const changes = fc.array(
    fc.record({ minutes: fc.integer({ min: -1500, max: 100 }), what: fc.constantFrom(...CHANGE_KINDS) }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(changes, fc.integer({ min: 0, max: 60 }), (given, width) => {
      const incident = anIncident({
        onset: { from: after(-20 - width), to: after(-20 + width), shape: 'unknown' },
      });
      const entries = given.map(({ minutes, what }, index) => change(String(index), minutes, what));
      const ranked = rankChanges(incident, entries);
      expect(new Set(ids([...ranked.before, ...ranked.after])).size).toBe(entries.length);
      const away = ranked.before.map(({ at }) => Math.abs(at.getTime() - incident.startedAt.getTime()));
      expect(away).toEqual(away.toSorted((a, b) => a - b));
      expect(ranked.before.every(({ at }) => at <= after(-20 + width))).toBe(true);
      expect(ranked.after.every(({ at }) => at > after(-20 + width))).toBe(true);
      const turned = rankChanges(incident, entries.toReversed());
      expect(turned.before.map(({ at, data }) => [at, data?.what])).toEqual(
        ranked.before.map(({ at, data }) => [at, data?.what]),
      );
    }),
  );
});
