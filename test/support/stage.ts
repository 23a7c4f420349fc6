import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { clickButton, pickOption, submitForm } from '../../src/cli/demo/hands.ts';
import { type Stage, type StageOptions, setStage } from '../../src/cli/demo/stage.ts';
import { silentLogger } from '../../src/log.ts';
import { MINUTE } from '../../src/time.ts';
import { emptyDatabase, openTestDatabase, type TestDatabase } from './databases.ts';

export const ANA = 'U0ANA';
export const BEN = 'U0BEN';
export const CHI = 'U0CHI';
export const START = new Date('2026-11-23T02:42:00Z');

export interface TestStage extends Stage {
  readonly database: Database;
  /** How many rows a table holds: what "nothing changed" is measured by. */
  count(table: string): Promise<number>;
  /** Moves the clock and lets everything happen that is due then. */
  pass(ms: number): Promise<void>;
}

/** The real bot between its stand-ins, on one embedded database that is emptied for each test of the file. */
export function useStage(): (
  options?: Partial<StageOptions> & {
    /** Leaves what the shipped files read from time to time; without it nothing happens that a test did not ask for. */
    readonly polls?: boolean;
  },
) => Promise<TestStage> {
  const open: Stage[] = [];
  let test: TestDatabase;
  let scratch: string;
  let stages = 0;
  beforeAll(async () => {
    test = await openTestDatabase('pglite');
    scratch = await mkdtemp(join(tmpdir(), 'aire-stage-'));
  });
  afterEach(async () => {
    for (const stage of open.splice(0)) await stage.close();
    await emptyDatabase(test.database);
  });
  afterAll(async () => {
    await test.close();
    await rm(scratch, { recursive: true, force: true });
  });
  return async ({ polls = false, edit = (text: string) => text, ...options } = {}) => {
    stages += 1;
    const { database } = test;
    const stage = await setStage({
      directory: join(scratch, String(stages)),
      start: START,
      log: silentLogger,
      database,
      ...options,
      edit: (text) => edit(polls ? text : withoutPolls(text)),
    });
    open.push(stage);
    return {
      ...stage,
      database,
      async count(table) {
        const [row] = await database.rows(sql`select count(*)::int as n from ${sql.identifier(table)}`);
        return Number(row?.n);
      },
      async pass(ms) {
        stage.clock.advance(ms);
        await stage.app.settle();
      },
    };
  };
}

function withoutPolls(serviceFile: string): string {
  return serviceFile
    .replaceAll(/^ {4}queries:.*\n(?: {6}.*\n)+/gm, '')
    .replaceAll(/(- \{ name: \w+, status: "[^"]+")/g, '$1, every: off');
}

/** PagerDuty rings, and the incidents channel is asked. */
export async function propose(stage: Stage): Promise<void> {
  await stage.pagerduty.incident({
    type: 'triggered',
    id: 'PINC1',
    title: 'Hallucination rate high on support-agent',
  });
  await stage.app.settle();
}

/** INC-1 gets a known cause, and Ana asks for the rollback. */
export async function requestRollback(stage: Stage): Promise<void> {
  const channel = 'inc-1-support-agent';
  const change = {
    type: 'change',
    id: 'deploy-1',
    service: 'support-agent',
    what: 'model',
    from: 'v41',
    to: 'v42',
    at: stage.clock.now().toISOString(),
  };
  await stage.signals.send([change]);
  stage.clock.advance(MINUTE);
  await stage.app.settle();
  await propose(stage);
  await clickButton(stage, ANA, 'incidents', 'Declare');
  await clickButton(stage, ANA, channel, 'Go on to scope');
  for (const _step of ['what_moved', 'inputs']) await clickButton(stage, ANA, channel, 'Yes');
  await pickOption(stage, ANA, channel, 'Model version');
  await clickButton(stage, ANA, channel, 'Go on to mitigate');
  await clickButton(stage, ANA, channel, 'Roll back the model');
  await submitForm(stage, ANA, { reason: 'v42 invents refund rules' });
}

/** The text of the last message that only this person sees. */
export function toldTo(stage: Stage, user: string): string | undefined {
  return stage.slack.ephemerals().findLast((each) => each.user === user)?.text;
}
