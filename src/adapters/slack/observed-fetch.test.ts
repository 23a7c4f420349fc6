import { expect, test } from 'vitest';
import { observedFetch } from './observed-fetch.ts';

async function callsOf(answer: () => Promise<Response>, url = 'https://slack.com/api/chat.postMessage') {
  const seen: string[] = [];
  const observed = observedFetch((method, outcome) => seen.push(`${method} ${outcome}`), answer);
  const result = await observed(url).catch((error: unknown) => error);
  return { seen, result };
}

test.each([
  ['ok', () => Response.json({ ok: true })],
  ['refused', () => Response.json({ ok: false, error: 'channel_not_found' })],
  ['rate_limited', () => new Response('', { status: 429 })],
  ['failed', () => new Response('', { status: 503 })],
  ['failed', () => new Response('<html>')],
])('an answer counts as %s, and is left to be read', async (outcome, answer) => {
  const { seen, result } = await callsOf(async () => answer());
  expect(seen).toEqual([`chat.postMessage ${outcome}`]);
  expect(await (result as Response).text()).toBe(await answer().text());
});

test('no answer counts as unreachable, and the error goes through', async () => {
  const broken = new TypeError('fetch failed');
  const { seen, result } = await callsOf(() => Promise.reject(broken));
  expect(seen).toEqual(['chat.postMessage unreachable']);
  expect(result).toBe(broken);
});

test.each([
  'https://files.slack.com/upload/v1/ABC123',
  'https://slack.com/api/',
  'https://slack.com/api/a.b/c',
])('an address that names no method, %s, does not become a label', async (url) => {
  const { seen } = await callsOf(async () => Response.json({ ok: true }), url);
  expect(seen).toEqual(['other ok']);
});
