import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, fromPglite } from '../../src/adapters/db/database.ts';
import { clickButton, latest } from '../../src/cli/demo/hands.ts';
import { evalRun, healthyWeek } from '../../src/cli/demo/history.ts';
import { type Stage, setStage } from '../../src/cli/demo/stage.ts';
import { silentLogger } from '../../src/log.ts';
import { DAY, HOUR, MINUTE } from '../../src/time.ts';

const ANA = 'U0ANA';
/** A Monday. */
const START = new Date('2026-11-23T02:42:00Z');
const CHANNEL = 'inc-1-support-agent';

describe('time passes', () => {
  let directory: string;
  let database: Database;
  let stage: Stage;
  const pass = async (ms: number) => {
    stage.clock.advance(ms);
    await stage.app.settle();
  };
  const said = (words: string) =>
    stage.slack.channel(CHANNEL).messages.filter((message) => message.text.includes(words)).length;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'aire-timers-'));
    database = await fromPglite(await PGlite.create());
    stage = await setStage({
      directory: join(directory, 'stage'),
      start: START,
      log: silentLogger,
      database,
      edit: (text) => text.replace('declare: propose', 'declare: auto'),
    });
    await stage.signals.send(healthyWeek(START));
    await stage.signals.send(evalRun(START, { task_completion_rate: 0.8 }, 'v42'));
    await stage.app.settle();
  });
  afterAll(async () => {
    await stage.close();
    await database.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('says nothing before a phase’s window is over', async () => {
    await pass(4 * MINUTE);
    expect(said('should be over')).toBe(0);
  });

  it('nudges once when triage has run over, naming the next step and whoever leads', async () => {
    await clickButton(stage, ANA, CHANNEL, 'Take command');
    await pass(MINUTE);
    expect(latest(stage.slack, CHANNEL, 'should be over').text).toBe(
      'Triage should be over after 5 min; INC-1 is in triage. 4 of 4 steps are open. Next: Is the infrastructure healthy?',
    );
    expect(JSON.stringify(latest(stage.slack, CHANNEL, 'should be over').blocks)).toContain(`<@${ANA}>`);
    await pass(MINUTE);
    expect(said('should be over')).toBe(1);
  });

  it('does not nudge about a phase that was left in time', async () => {
    await clickButton(stage, ANA, CHANNEL, 'Go on to scope');
    await clickButton(stage, ANA, CHANNEL, 'Go on to mitigate');
    await pass(10 * MINUTE);
    expect(said('Scope should be over')).toBe(0);
  });

  it('calls the owners in their own channel after 30 minutes', async () => {
    await pass(15 * MINUTE);
    expect(latest(stage.slack, 'ml-platform', 'needs you').text).toBe(
      'SEV1 INC-1 support-agent needs you: Eval score drop',
    );
    expect(latest(stage.slack, CHANNEL, 'has not been resolved').text).toBe(
      'INC-1 has not been resolved for 31 min: the owners of support-agent are asked to join.',
    );
  });

  it('nudges about the follow-up a day after resolution', async () => {
    await clickButton(stage, ANA, CHANNEL, 'Resolve');
    await pass(HOUR);
    expect(said('Mitigate should be over')).toBe(0);
    await pass(DAY);
    expect(said('Post-incident should be over')).toBe(1);
  });

  it('posts the weekly review on Monday at nine, once, and makes up for one that was missed', async () => {
    const reviews = () =>
      stage.slack
        .channel('incidents')
        .messages.filter((message) => message.text.startsWith('Weekly reliability review')).length;
    expect(reviews()).toBe(1);
    await pass(5 * DAY);
    expect(reviews()).toBe(1);
    await pass(3 * DAY);
    expect(reviews()).toBe(2);
    await pass(MINUTE);
    expect(reviews()).toBe(2);
  });
});
