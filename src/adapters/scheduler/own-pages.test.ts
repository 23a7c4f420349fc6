import { expect, test } from 'vitest';
import {
  duePages,
  pageKey,
  type Standing,
  standingOf,
  standingOfDatabase,
  type Trouble,
} from './own-pages.ts';

const due = (known: readonly [Trouble, 'trigger' | 'resolve'][], now: readonly [Trouble, Standing][]) =>
  duePages(new Map(known), new Map(now)).map(({ trouble, action }) => `${action} ${trouble}`);

test('a problem is untold at the check after the one that reported it, unless the channel says it', () => {
  const standings = (isTold: boolean) => [0, 1, 2, 3, 4].map((sightings) => standingOf(sightings, isTold));
  expect(standings(false)).toEqual(['absent', 'noticed', 'noticed', 'untold', 'untold']);
  expect(standings(true)).toEqual(['absent', 'noticed', 'noticed', 'noticed', 'noticed']);
});

test('a database that does not answer is untold at the second check', () => {
  expect([0, 1, 2, 3].map(standingOfDatabase)).toEqual(['absent', 'noticed', 'untold', 'untold']);
});

test('what is untold is paged once, and resolved once when it is over', () => {
  expect(due([], [['outbox_stuck', 'untold']])).toEqual(['trigger outbox_stuck']);
  expect(due([['outbox_stuck', 'trigger']], [['outbox_stuck', 'untold']])).toEqual([]);
  expect(due([['outbox_stuck', 'trigger']], [['outbox_stuck', 'absent']])).toEqual(['resolve outbox_stuck']);
  expect(due([['outbox_stuck', 'resolve']], [['outbox_stuck', 'absent']])).toEqual([]);
  expect(due([['outbox_stuck', 'resolve']], [['outbox_stuck', 'untold']])).toEqual(['trigger outbox_stuck']);
});

test('a page stays while its trouble does, also when Slack has taken the message meanwhile', () => {
  expect(due([['jobs_dead', 'trigger']], [['jobs_dead', 'noticed']])).toEqual([]);
});

test('after a start what is not there is resolved, since nobody knows what the process before paged', () => {
  const now: [Trouble, Standing][] = [
    ['jobs_dead', 'noticed'],
    ['outbox_stuck', 'absent'],
  ];
  expect(due([], now)).toEqual(['resolve outbox_stuck']);
});

test('what could not be looked at is left alone', () => {
  const known: [Trouble, 'trigger'][] = [['jobs_dead', 'trigger']];
  expect(due(known, [['database_away', 'untold']])).toEqual(['trigger database_away']);
});

test('the key says nothing of the process', () => {
  expect(pageKey('evaluation_late')).toBe('aire-self-evaluation_late');
});
