import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { clickButton } from '../../src/cli/demo/hands.ts';
import { MINUTE } from '../../src/time.ts';
import { ANA, propose, type TestStage, useStage } from '../support/stage.ts';

const stageWith = useStage();
const CHANNEL = 'inc-1-support-agent';

const alerts = (stage: TestStage) =>
  stage.database.rows(sql`
    select signal ->> 'status' as status, signal ->> 'title' as title from signals where source = 'vendor' order by seq`);
const said = (stage: TestStage, words: string): number =>
  stage.slack.channel(CHANNEL).messages.filter((message) => stage.slack.render(message).includes(words))
    .length;

it('an outage and its end are told once each, on the incident that is open', async () => {
  const stage = await stageWith({ polls: true });
  await propose(stage);
  await clickButton(stage, ANA, 'incidents', 'Declare');
  expect(await alerts(stage)).toEqual([]);
  stage.statusPage.says('major', 'Elevated errors');
  for (let poll = 0; poll < 3; poll++) await stage.pass(2 * MINUTE);
  expect(await alerts(stage)).toEqual([{ status: 'firing', title: 'openai reports major: Elevated errors' }]);
  expect(said(stage, '“openai reports major: Elevated errors” is firing')).toBe(1);
  // A page that can't be read says nothing of an end.
  stage.statusPage.answers(() => ({ status: 503, body: 'down' }));
  await stage.pass(2 * MINUTE);
  expect(await alerts(stage)).toHaveLength(1);
  stage.statusPage.says('none', 'All Systems Operational');
  await stage.pass(2 * MINUTE);
  await stage.pass(2 * MINUTE);
  expect((await alerts(stage)).map(({ status }) => status)).toEqual(['firing', 'resolved']);
});

it('it is read every 2 min, or not at all', async () => {
  const stage = await stageWith({ polls: true });
  await stage.app.settle();
  const first = stage.statusPage.reads();
  await stage.pass(MINUTE);
  expect(stage.statusPage.reads()).toBe(first);
  await stage.pass(MINUTE);
  expect(stage.statusPage.reads()).toBe(first + 1);
  const off = await stageWith();
  await off.pass(10 * MINUTE);
  expect(off.statusPage.reads()).toBe(0);
});

it('the card of an open incident follows the page, once for each change', async () => {
  const stage = await stageWith({ polls: true });
  await propose(stage);
  await clickButton(stage, ANA, 'incidents', 'Declare');
  const card = () => stage.slack.render(stage.slack.message(CHANNEL, (message) => message.pinned));
  expect(card()).not.toContain('openai: m');
  stage.statusPage.says('minor', 'Slow answers');
  await stage.pass(2 * MINUTE);
  expect(card()).toContain('openai: minor, “Slow answers”');
  stage.statusPage.says('major', 'Elevated errors');
  for (let poll = 0; poll < 3; poll++) await stage.pass(2 * MINUTE);
  expect(card()).toContain('openai: major, “Elevated errors”');
  // A page that can't be read says nothing: what is known stays.
  stage.statusPage.answers(() => ({ status: 503, body: 'down' }));
  await stage.pass(2 * MINUTE);
  expect(card()).toContain('openai: major');
  stage.statusPage.says('none', 'All Systems Operational');
  await stage.pass(2 * MINUTE);
  expect(card()).not.toContain('openai: m');
  const facts = await stage.database.rows(
    sql`select text from timeline where kind = 'fact_set' order by seq`,
  );
  expect(facts.map(({ text }) => text)).toEqual([
    'openai reports minor: Slow answers',
    'openai reports major: Elevated errors',
    'openai reports no trouble: All Systems Operational',
  ]);
});
