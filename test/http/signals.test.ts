import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/time.ts';
import { START, type TestStage, useStage } from '../support/stage.ts';

const stageWith = useStage();
const MB = 1024 * 1024;
const TOO_LARGE = {
  error: 'The body is larger than 1 MB, the limit here. Send it in smaller parts.',
  code: 'delivery_oversized',
};
const measurement = (id: string, over: Readonly<Record<string, unknown>> = {}) => ({
  type: 'measurement',
  id,
  service: 'support-agent',
  sli: 'task_completion_rate',
  value: 0.95,
  samples: 200,
  at: START.toISOString(),
  ...over,
});

async function stored(stage: TestStage) {
  return {
    deliveries: await stage.count('deliveries'),
    signals: await stage.count('signals'),
    jobs: await stage.count('jobs'),
  };
}
const NOTHING = { deliveries: 0, signals: 0, jobs: 0 };
const said = (stage: TestStage) =>
  stage.slack.channel('incidents').messages.map((message) => stage.slack.render(message));

describe('POST /webhooks/signals', () => {
  it('takes what is right of a batch and refuses the rest, item by item', async () => {
    const stage = await stageWith();
    const later = new Date(START.getTime() + 6 * MINUTE).toISOString();
    const signals = [
      measurement('good'),
      measurement('unknown', { service: 'billing' }),
      measurement('percent', { value: 95 }),
      measurement('empty', { value: undefined, good: 0, total: 0 }),
      measurement('more-good', { value: undefined, good: 3, total: 2 }),
      measurement('future', { at: later }),
      measurement('when', { at: 'yesterday' }),
      { type: 'rumour', id: 'r' },
      'not an object',
      measurement('good'),
    ];
    const answer = await stage.signals.send([], { raw: JSON.stringify({ signals }) });
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({
      accepted: 1,
      duplicate: 1,
      refused: [
        {
          index: 1,
          id: 'unknown',
          code: 'unknown_service',
          reason: 'there is no service "billing"; known are: llm-inference, support-agent',
        },
        {
          index: 2,
          id: 'percent',
          code: 'out_of_range',
          reason: 'value: 95 is outside 0–1; rates are fractions (0.95, not 95)',
        },
        {
          index: 3,
          id: 'empty',
          code: 'unreadable',
          reason: 'value: give value, or good and total with a total above 0',
        },
        { index: 4, id: 'more-good', code: 'out_of_range', reason: 'good: 3 is more than total 2' },
        {
          index: 5,
          id: 'future',
          code: 'in_the_future',
          reason: "at: 2026-11-23T02:48:00.000Z is in the future; check the sender's clock",
        },
        {
          index: 6,
          id: 'when',
          code: 'unreadable',
          reason: 'at: write a time such as 2026-11-21T10:00:00Z',
        },
        { index: 7, id: 'r', code: 'unreadable', reason: expect.stringMatching(/^type: Invalid/) },
        { index: 8, id: null, code: 'unreadable', reason: expect.stringContaining('Invalid input') },
      ],
    });
    expect(await stage.count('signals')).toBe(1);
  });

  it('a signal that came in another delivery is a duplicate', async () => {
    const stage = await stageWith();
    await stage.signals.send([measurement('1')]);
    const again = await stage.signals.send([measurement('1'), measurement('2')]);
    expect(again.body).toEqual({ accepted: 1, duplicate: 1, refused: [] });
  });

  it('the same webhook-id again has no effect, whatever it says', async () => {
    const stage = await stageWith();
    const { webhookId } = await stage.signals.send([measurement('1')]);
    const again = await stage.signals.send([measurement('2')], { webhookId });
    expect(again).toMatchObject({ status: 200, body: { accepted: 0, duplicate: 1, refused: [] } });
    expect(await stage.count('signals')).toBe(1);
  });

  it.each([
    [
      'forged',
      { wrongSecret: true },
      'The signature fits none of AIRE_SIGNAL_SECRETS. Nothing was stored.',
      'delivery_unauthenticated',
    ],
    [
      'six minutes old',
      { staleSeconds: 360 },
      "The signature is older than 5 minutes, or from the future. Check the sender's clock and sign each try anew.",
      'delivery_stale',
    ],
    [
      'six minutes ahead',
      { staleSeconds: -360 },
      "The signature is older than 5 minutes, or from the future. Check the sender's clock and sign each try anew.",
      'delivery_stale',
    ],
  ])('refuses one that is %s, and stores nothing', async (_how, how, error, code) => {
    const stage = await stageWith();
    const answer = await stage.signals.send([measurement('1')], how);
    expect([answer.status, answer.body]).toEqual([401, { error, code }]);
    expect(await stored(stage)).toEqual(NOTHING);
    expect(await stage.signals.send([measurement('1')])).toMatchObject({ status: 202 });
  });

  it('refuses one that is not signed', async () => {
    const stage = await stageWith();
    const answer = await fetch(`${stage.app.url}/webhooks/signals`, {
      method: 'POST',
      body: '{"signals":[]}',
    });
    expect([answer.status, await answer.json()]).toEqual([
      401,
      {
        error:
          'The signature is missing. Sign by Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature.',
        code: 'delivery_unauthenticated',
      },
    ]);
  });

  it('refuses more than a megabyte', async () => {
    const stage = await stageWith();
    const raw = JSON.stringify({ signals: [measurement('1')] }).padEnd(MB + 1, ' ');
    const answer = await stage.signals.send([], { raw });
    expect([answer.status, answer.body]).toEqual([413, TOO_LARGE]);
    expect(await stored(stage)).toEqual(NOTHING);
  });

  it.each([
    ['no JSON', '{"signals":[{"type":'],
    ['no list', '{"signals":{}}'],
    ['more than a thousand items', JSON.stringify({ signals: Array.from({ length: 1001 }, () => ({})) })],
  ])('takes a body with %s as a dead letter that the channel hears of', async (_what, raw) => {
    const stage = await stageWith();
    const note = 'The body is not {"signals": […]} with at most 1000 items.';
    expect(await stage.signals.send([], { raw })).toMatchObject({
      status: 202,
      body: { accepted: 0, duplicate: 0, refused: [], note },
    });
    await stage.app.settle();
    expect(said(stage)).toEqual([
      `:inbox_tray: A delivery from signals could not be used, so no incident came of it. ${note}`,
    ]);
    const [kept] = await stage.database.rows(sql`select body from deliveries`);
    expect(kept?.body).toBe(raw);
  });

  it('takes text the database refuses elsewhere', async () => {
    const stage = await stageWith();
    const example = { type: 'example', id: 'nul', input: 'a\0b\ud800', output: '', failure: 'other' };
    const answer = await stage.signals.send([
      { ...example, service: 'support-agent', at: START.toISOString() },
    ]);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1 } });
  });
});
