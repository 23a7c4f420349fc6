import { expect, test } from 'vitest';
import { propose, useStage } from '../support/stage.ts';

const TOKEN = 'metrics-token-0123456789';
const NEXT = 'metrics-token-next-012345';
const stage = useStage();
const withTokens = { env: { AIRE_API_TOKENS: `prometheus=${TOKEN},prometheus=${NEXT}` } };

const scrape = (url: string, authorization?: string) =>
  fetch(`${url}/metrics`, { headers: authorization === undefined ? {} : { authorization } });

test('whoever has one of the tokens reads metrics, also while it is being replaced', async () => {
  const { app } = await stage(withTokens);
  for (const token of [TOKEN, NEXT]) {
    const answer = await scrape(app.url, `Bearer ${token}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await answer.text()).toMatch(/^aire_database_up 1$/m);
  }
});

test.each([
  ['no token', undefined],
  ['a wrong token', 'Bearer metrics-token-0123456780'],
  ['a part of the token', `Bearer ${TOKEN.slice(0, -1)}`],
  ['another scheme', `Basic ${TOKEN}`],
])('%s is refused, and no figure is shown', async (_what, authorization) => {
  const { app } = await stage(withTokens);
  const answer = await scrape(app.url, authorization);
  expect(answer.status).toBe(401);
  const text = await answer.text();
  expect(text).toContain('AIRE_API_TOKENS');
  expect(text).not.toContain('aire_');
});

test('without tokens metrics are off, and the answer says how to turn them on', async () => {
  const { app } = await stage();
  const answer = await scrape(app.url, `Bearer ${TOKEN}`);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual({
    error: 'Metrics are off. Set AIRE_API_TOKENS=name=token and restart aire.',
    code: 'not_found',
  });
});

test('what happened can be read: deliveries by outcome, evaluations, Slack calls, proposals', async () => {
  const on = await stage(withTokens);
  await propose(on);
  await fetch(`${on.app.url}/webhooks/signals`, { method: 'POST', body: '{}' });
  const lines = (await (await scrape(on.app.url, `Bearer ${TOKEN}`)).text()).split('\n');
  for (const line of [
    'aire_deliveries_total{source="pagerduty",outcome="accepted"} 1',
    'aire_deliveries_total{source="signals",outcome="unauthenticated"} 1',
    'aire_delivery_duration_seconds_count{source="pagerduty"} 1',
    'aire_evaluation_duration_seconds_count 1',
    'aire_evaluation_lag_seconds_count 1',
    'aire_slack_calls_total{method="chat.postMessage",outcome="ok"} 1',
    'aire_proposals_open 1',
    'aire_outbox_jobs{state="dead"} 0',
  ])
    expect(lines).toContain(line);
});
