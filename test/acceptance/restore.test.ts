import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { clickButton, latest } from '../../src/cli/demo/hands.ts';
import { type Stage, setStage } from '../../src/cli/demo/stage.ts';
import { silentLogger } from '../../src/log.ts';
import { MINUTE } from '../../src/time.ts';
import { emptyDatabase, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { ANA, BEN, requestRollback, START, toldTo } from '../support/stage.ts';

const CHANNEL = 'inc-1-support-agent';
let scratch: string;
let test: TestDatabase;
let stage: Stage | undefined;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'aire-restore-'));
  test = await openTestDatabase('pglite');
});
beforeEach(() => emptyDatabase(test.database));
afterEach(() => stage?.close());
afterAll(async () => {
  await test.close();
  await rm(scratch, { recursive: true, force: true });
});

/** The bot on the same data, kept in this place. */
async function startIn(place: string): Promise<Stage> {
  await stage?.close();
  const database: Database = { ...test.database, place: async () => place };
  stage = await setStage({ directory: join(scratch, 'files'), start: START, log: silentLogger, database });
  await stage.app.settle();
  return stage;
}

const holdMessage = (on: Stage) =>
  on.slack.render(on.slack.message('incidents', (m) => m.text.includes('mitigations are held')));
const card = (on: Stage) => on.slack.render(latest(on.slack, CHANNEL, 'Roll back the model for INC-1'));

it('after a restore a mitigation waits until somebody releases it, and is sent once', async () => {
  await startIn('home');
  const on = await startIn('a restored copy');
  expect(holdMessage(on)).toContain('0 approved are waiting');
  await requestRollback(on);
  expect(card(on)).toContain('Held');
  await clickButton(on, BEN, CHANNEL, 'Approve');
  expect(on.target.requests()).toEqual([]);
  expect(card(on)).toContain('Approved, waiting');
  expect(holdMessage(on)).toContain('1 approved is waiting');

  const { ts } = latest(on.slack, 'incidents', 'mitigations are held');
  const click = { channel: 'incidents', ts, actionId: 'mitigation.release' };
  await Promise.all([ANA, ANA, BEN].map((person) => on.slack.as(person).click(click)));
  await on.app.settle();
  expect(on.target.requests()).toHaveLength(1);
  expect(card(on)).not.toContain('Held');
  const [, by] = /Released by @(ana|ben) at /.exec(holdMessage(on)) ?? [];
  expect(toldTo(on, by === 'ana' ? BEN : ANA)).toBe('Somebody was faster: mitigations are released.');
  expect(toldTo(on, by === 'ana' ? ANA : BEN)).toBeUndefined();
});

it('a restore or a failover under a running bot is noticed before it sends', async () => {
  let place = 'home';
  const database: Database = { ...test.database, place: async () => place };
  stage = await setStage({ directory: join(scratch, 'files'), start: START, log: silentLogger, database });
  await stage.app.settle();
  await requestRollback(stage);
  place = 'the standby';
  await clickButton(stage, BEN, CHANNEL, 'Approve');
  expect(stage.target.requests()).toEqual([]);
  await clickButton(stage, ANA, 'incidents', 'Release mitigations');
  expect(stage.target.requests()).toHaveLength(1);
});

it('an approval that ran out meanwhile is not sent by the release', async () => {
  await startIn('home');
  const on = await startIn('a restored copy');
  await requestRollback(on);
  await clickButton(on, BEN, CHANNEL, 'Approve');
  on.clock.advance(31 * MINUTE);
  await on.app.settle();
  expect(card(on)).toContain('Expired');
  await clickButton(on, ANA, 'incidents', 'Release mitigations');
  expect(on.target.requests()).toEqual([]);
});

it('control: started again in the same place, it is sent when it is approved, and nothing is said', async () => {
  await startIn('home');
  const on = await startIn('home');
  await requestRollback(on);
  await clickButton(on, BEN, CHANNEL, 'Approve');
  expect(on.target.requests()).toHaveLength(1);
  expect(() => holdMessage(on)).toThrow();
});
