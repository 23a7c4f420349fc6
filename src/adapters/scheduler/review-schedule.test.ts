import { expect, test } from 'vitest';
import { silentLogger } from '../../log.ts';
import { createManualClock, MINUTE } from '../../time.ts';
import { createReviewSchedule } from './review-schedule.ts';

const MONDAY = new Date('2026-11-23T09:00:00Z');

function scheduleAt(start: Date) {
  const clock = createManualClock(start);
  const asked: string[] = [];
  let away = false;
  const schedule = createReviewSchedule({
    cron: '0 9 * * 1',
    timezone: 'UTC',
    clock,
    log: silentLogger,
    enqueue: async (job) => {
      if (away) throw new Error('the database is away');
      asked.push(String(job.key));
    },
    firstActivity: async () => new Date('2026-01-01T00:00:00Z'),
  });
  return {
    clock,
    asked,
    schedule,
    takeAway: () => {
      away = true;
    },
  };
}

test('a review that became due and was not asked for is missed after a minute, until it is asked for', async () => {
  const { clock, asked, schedule } = scheduleAt(new Date(MONDAY.getTime() - 10 * MINUTE));
  await schedule.tick();
  const before = asked.length;
  expect(schedule.missed()).toBeUndefined();
  clock.set(new Date(MONDAY.getTime() + MINUTE / 2));
  expect(schedule.missed()).toBeUndefined();
  clock.advance(MINUTE);
  expect(schedule.missed()).toEqual(MONDAY);
  expect(schedule.missed()).toEqual(MONDAY);
  await schedule.tick();
  expect(schedule.missed()).toBeUndefined();
  expect(asked.slice(before)).toEqual([`review:${MONDAY.toISOString()}`]);
});

test('one that could not be asked for stays missed', async () => {
  const { clock, schedule, takeAway } = scheduleAt(new Date(MONDAY.getTime() - 10 * MINUTE));
  await schedule.tick();
  takeAway();
  clock.advance(20 * MINUTE);
  await expect(schedule.tick()).rejects.toThrow('away');
  expect(schedule.missed()).toEqual(MONDAY);
});

test('one that was asked for in time is not missed (control)', async () => {
  const { clock, schedule } = scheduleAt(new Date(MONDAY.getTime() - 10 * MINUTE));
  await schedule.tick();
  clock.set(MONDAY);
  await schedule.tick();
  clock.advance(20 * MINUTE);
  expect(schedule.missed()).toBeUndefined();
});
