import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/adapters/log.ts';
import { clickButton, latest } from '../../src/cli/demo/hands.ts';
import { HOUR, MINUTE, SECOND } from '../../src/time.ts';
import { openTestDatabase } from '../support/databases.ts';
import { ANA, type TestStage, useStage } from '../support/stage.ts';

const TOKEN = '7d0c5a1e9b3f48264c6e8a1b2d4f6071';
const OLD_TOKEN = 'T0p+secret/T0p+secret/T0p+secret==';
const RULE =
  '{ from: alertmanager, match: { title: "HallucinationRate*", env: prod }, trigger: eval_score_drop, without_value: trust }';
const useAlertmanager = useStage();
type StageOptions = Parameters<typeof useAlertmanager>[0];

const stageWith = (options: StageOptions = {}): Promise<TestStage> =>
  useAlertmanager({
    env: { AIRE_ALERT_TOKENS: `alertmanager=${TOKEN},alertmanager=${OLD_TOKEN}` },
    edit: (file) => file.replace('    - from: pagerduty\n', `    - ${RULE}\n    - from: pagerduty\n`),
    ...options,
  });
const fixture = (name: string): Promise<string> =>
  readFile(`test/fixtures/alertmanager/${name}.json`, 'utf8');

/** The status and the body of the answer. */
async function post(
  stage: TestStage,
  body: string,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${TOKEN}` },
  path = '/webhooks/alertmanager',
): Promise<[number, unknown]> {
  const answer = await fetch(stage.app.url + path, { method: 'POST', headers, body });
  const answered: unknown = await answer.json();
  await stage.app.settle();
  return [answer.status, answered];
}
const incidentsChannel = (stage: TestStage): string[] =>
  stage.slack.channel('incidents').messages.map((message) => stage.slack.render(message));
const stored = async (stage: TestStage) => [
  await stage.count('deliveries'),
  await stage.count('signals'),
  await stage.count('jobs'),
];

describe('POST /webhooks/alertmanager', () => {
  it('a mapped alert is proposed with its reason, and resolved it recovers', async () => {
    const stage = await stageWith();
    expect(await post(stage, await fixture('firing-group'))).toEqual([
      202,
      { accepted: 2, duplicate: 0, refused: [] },
    ]);
    const proposal = () => stage.slack.render(latest(stage.slack, 'incidents', 'support-agent'));
    expect(proposal()).toContain(
      'Alertmanager alert “HallucinationRateHigh” is firing: 0.1234, as its sender measured.',
    );
    expect(proposal()).toContain('[Declare] [Not an incident]');
    expect(incidentsChannel(stage)).toHaveLength(1);

    stage.clock.advance(14 * MINUTE);
    expect(await post(stage, await fixture('resolved'))).toEqual([
      202,
      { accepted: 1, duplicate: 0, refused: [] },
    ]);
    expect(proposal()).not.toContain('[Declare]');
    expect(incidentsChannel(stage)).toHaveLength(1);
  });

  it('says on the timeline of a declared incident that the alert recovered', async () => {
    const stage = await stageWith();
    await post(stage, await fixture('ha-first'));
    await clickButton(stage, ANA, 'incidents', 'Declare');
    stage.clock.advance(14 * MINUTE);
    await post(stage, await fixture('resolved'));
    const recovered = latest(stage.slack, 'inc-1-support-agent', 'Recovered');
    expect(recovered.text).toContain(
      'Alertmanager alert “HallucinationRateHigh” was resolved by its sender.',
    );
  });

  it('an alert for which there is no rule declares nothing', async () => {
    const stage = await stageWith({ edit: (file) => file });
    await post(stage, await fixture('firing-group'));
    expect(incidentsChannel(stage).join()).not.toContain('[Declare]');
  });

  it('the same bytes, and the same alert from the other Alertmanager of a cluster, do nothing', async () => {
    const stage = await stageWith();
    await post(stage, await fixture('ha-first'));
    const before = [await stage.count('signals'), incidentsChannel(stage)];
    expect(await post(stage, await fixture('ha-first'))).toEqual([
      200,
      { accepted: 0, duplicate: 1, refused: [] },
    ]);
    expect(await post(stage, await fixture('ha-second'))).toEqual([
      202,
      { accepted: 0, duplicate: 1, refused: [] },
    ]);
    expect([await stage.count('signals'), incidentsChannel(stage)]).toEqual(before);
    // Control: the same alert in another state is something new.
    expect((await post(stage, await fixture('resolved')))[1]).toMatchObject({ accepted: 1 });
  });

  it('a mixed group is taken alert by alert; what nobody claims is told in the channel once', async () => {
    const stage = await stageWith();
    const [status, answer] = await post(stage, await fixture('mixed'));
    expect([status, answer]).toEqual([
      202,
      {
        accepted: 2,
        duplicate: 0,
        refused: [expect.objectContaining({ index: 2, code: 'unknown_service' })],
      },
    ]);
    const told = () => incidentsChannel(stage).filter((text) => text.includes(':inbox_tray:'));
    expect(told()).toEqual([
      ':inbox_tray: A part of a delivery from alertmanager could not be used. No service file claims the alert "NodeDiskFull". Add to the file of the service it belongs to:  sources: { alerts: [ { from: alertmanager, match: { title: "NodeDiskFull" }, trigger: … } ] }  Or label the alert with the name of a service file:  service: …',
    ]);
    const repeat = (await fixture('mixed')).replace('alertmanager-0', 'alertmanager-1');
    expect(await post(stage, repeat)).toMatchObject([202, { accepted: 0, duplicate: 2 }]);
    expect(told()).toHaveLength(1);
    // Control: another alert of nobody is told too.
    await post(stage, repeat.replaceAll('NodeDiskFull', 'NodeMemoryFull'));
    expect(told()).toHaveLength(2);
  });

  it('an alert of nobody is taken when a rule claims it, although Alertmanager repeats the same bytes', async () => {
    const body = await fixture('ha-first');
    const before = await stageWith({ edit: (file) => file });
    expect((await post(before, body))[1]).toMatchObject({
      accepted: 0,
      refused: [{ code: 'unknown_service' }],
    });
    expect((await post(before, body))[0]).toBe(200);
    await before.close();
    const after = await stageWith();
    expect((await post(after, body))[1]).toMatchObject({ accepted: 1 });
    expect(incidentsChannel(after).join()).toContain('[Declare]');
  });

  it('a truncated group is taken, and the answer says so', async () => {
    const stage = await stageWith();
    expect(await post(stage, await fixture('truncated'))).toEqual([
      202,
      { accepted: 1, duplicate: 0, refused: [], note: expect.stringContaining('left out 3 alerts') },
    ]);
  });

  it('what it cannot read is kept and told, since Alertmanager would not try again', async () => {
    const stage = await stageWith();
    expect((await post(stage, '{"text":"a custom payload"}'))[0]).toBe(202);
    expect(incidentsChannel(stage)).toEqual([
      expect.stringContaining('The body is no Alertmanager webhook of version 4'),
    ]);
  });

  it('without the database it answers 503, which Alertmanager tries again', async () => {
    const { database } = await openTestDatabase('pglite');
    const stage = await stageWith({ database });
    await database.close();
    const answer = await fetch(`${stage.app.url}/webhooks/alertmanager`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: await fixture('ha-first'),
    });
    expect(answer.status).toBe(503);
  });
});

describe('an alert that flaps within one startsAt', () => {
  const asked = (stage: TestStage) =>
    incidentsChannel(stage).filter((text) => text.includes('[Declare]')).length;
  const fired = { accepted: 1, duplicate: 0, refused: [] };
  const known = { accepted: 0, duplicate: 1, refused: [] };
  /** Resolved as long after the fixture as it takes. */
  const resolvedAt = async (endsAt: string) =>
    (await fixture('resolved')).replace('2026-11-23T02:55:15.5Z', endsAt);

  it('fires again, also in the same bytes, and recovers again', async () => {
    const stage = await stageWith();
    await post(stage, await fixture('ha-first'));
    await stage.pass(14 * MINUTE);
    await post(stage, await fixture('resolved'));
    expect(asked(stage)).toBe(0);
    await stage.pass(5 * MINUTE);
    expect(await post(stage, await fixture('ha-first'))).toEqual([202, fired]);
    expect(asked(stage)).toBe(1);
    // Control: what the other one of the cluster says of it, and each repeat, is known.
    expect(await post(stage, await fixture('ha-second'))).toEqual([202, known]);
    await stage.pass(4 * HOUR);
    expect((await post(stage, await fixture('ha-first')))[1]).toEqual(known);
    expect(asked(stage)).toBe(1);
    expect(await post(stage, await resolvedAt('2026-11-23T06:59:00Z'))).toEqual([202, fired]);
    expect(asked(stage)).toBe(0);
    expect((await post(stage, await resolvedAt('2026-11-23T06:59:00Z')))[1]).toEqual(known);
  });

  it('attaches to the incident that is open, and its end is told a second time', async () => {
    const stage = await stageWith();
    const said = (words: string) =>
      stage.slack
        .channel('inc-1-support-agent')
        .messages.filter((message) => stage.slack.render(message).includes(words)).length;
    await post(stage, await fixture('ha-first'));
    await clickButton(stage, ANA, 'incidents', 'Declare');
    await stage.pass(14 * MINUTE);
    await post(stage, await fixture('resolved'));
    await stage.pass(5 * MINUTE);
    await post(stage, await fixture('ha-first'));
    expect(said(':heavy_plus_sign: Alertmanager alert')).toBe(1);
    // It ended shortly before Alertmanager told that it fired again, and heard so afterwards.
    await post(stage, await resolvedAt('2026-11-23T03:00:30Z'));
    expect(said('Recovered: Alertmanager alert')).toBe(2);
  });

  it('control: a delivery that comes once more after the end does not reopen it', async () => {
    const stage = await stageWith();
    await post(stage, await fixture('ha-first'));
    await stage.pass(14 * MINUTE);
    await post(stage, await fixture('resolved'));
    await stage.pass(30 * SECOND);
    expect(await post(stage, await fixture('ha-first'))).toEqual([200, known]);
    expect(asked(stage)).toBe(0);
    // Other bytes were sent anew.
    const changed = (await fixture('ha-first')).replace('0.1234', '0.2');
    expect(await post(stage, changed)).toEqual([202, fired]);
    expect(asked(stage)).toBe(1);
  });

  it('control: what fired is first heard of after its end, and stays over', async () => {
    const stage = await stageWith();
    await stage.pass(14 * MINUTE);
    await post(stage, await fixture('resolved'));
    await stage.pass(5 * MINUTE);
    expect(await post(stage, await fixture('ha-first'))).toEqual([202, fired]);
    expect(asked(stage)).toBe(0);
  });

  it('what fires on is written down once a day, so that it is not taken for silent', async () => {
    const stage = await stageWith();
    await post(stage, await fixture('ha-first'));
    for (let day = 0; day < 8; day++) {
      await stage.pass(12 * HOUR);
      expect((await post(stage, await fixture('ha-second')))[1]).toEqual(known);
      await stage.pass(12 * HOUR);
      expect((await post(stage, await fixture('ha-first')))[1]).toEqual(fired);
    }
    expect(asked(stage)).toBe(1);
    expect(incidentsChannel(stage).filter((text) => text.includes('Alertmanager alert'))).toHaveLength(1);
  });
});

describe('the token of an alert sender', () => {
  it.each([
    ['in the header', { authorization: `Bearer ${TOKEN}` }, ''],
    ['that is being replaced', { authorization: `Bearer ${OLD_TOKEN}` }, ''],
    ['in the address', {}, `/${TOKEN}`],
    ['in the address, percent-encoded', {}, `/${encodeURIComponent(OLD_TOKEN)}`],
  ])('%s opens the door', async (_what, headers, suffix) => {
    const stage = await stageWith();
    const answer = await post(stage, await fixture('ha-first'), headers, `/webhooks/alertmanager${suffix}`);
    expect(answer).toMatchObject([202, { accepted: 1 }]);
  });

  it.each([
    ['wrong', { authorization: `Bearer ${TOKEN}x` }, ''],
    ['missing', {}, ''],
    ['wrong in the address', {}, `/${TOKEN}x`],
    ['of PagerDuty', { authorization: 'Bearer stage-pagerduty-secret' }, ''],
  ])('%s: 401, and nothing is stored, logged or repeated of it', async (_what, headers, suffix) => {
    const lines: string[] = [];
    // Without secrets to look for: what keeps the token out is that it is not logged at all.
    const log = createLogger({
      level: 'debug',
      secrets: [],
      destination: { write: (line) => lines.push(line) },
    });
    const stage = await stageWith({ log });
    const before = await stored(stage);
    const [status, answer] = await post(
      stage,
      await fixture('ha-first'),
      headers,
      `/webhooks/alertmanager${suffix}`,
    );
    expect([status, answer]).toEqual([401, { error: expect.any(String), code: 'delivery_unauthenticated' }]);
    expect(await stored(stage)).toEqual(before);
    expect(lines.filter((line) => line.includes('a request was refused'))).toHaveLength(1);
    expect(lines.join() + JSON.stringify(answer)).not.toContain(TOKEN.slice(0, 8));
    expect(lines.join()).toContain(`/webhooks/alertmanager${suffix === '' ? '"' : '/:token'}`);
  });

  it('right in the address, is kept out of the log also when the body is refused', async () => {
    const lines: string[] = [];
    const log = createLogger({
      level: 'debug',
      secrets: [],
      destination: { write: (line) => lines.push(line) },
    });
    const stage = await stageWith({ log });
    const [status] = await post(stage, 'x'.repeat(1024 * 1024 + 1), {}, `/webhooks/alertmanager/${TOKEN}`);
    expect(status).toBe(413);
    expect(lines.join()).toContain('delivery_oversized');
    expect(lines.join()).not.toContain(TOKEN);
  });

  it('nobody has one: 401 says which variable to set', async () => {
    const stage = await stageWith({ env: {} });
    const [status, answer] = await post(stage, await fixture('ha-first'));
    expect([status, answer]).toEqual([
      401,
      { error: expect.stringContaining('Set AIRE_ALERT_TOKENS'), code: 'delivery_unauthenticated' },
    ]);
  });
});
