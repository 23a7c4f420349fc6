import { afterEach, expect, test } from 'vitest';
import { type PagerDutyApi, startPagerDutyApi } from './pagerduty-api.ts';

const HEADERS = {
  authorization: 'Token token=t0ken',
  accept: 'application/vnd.pagerduty+json;version=2',
  'content-type': 'application/json',
  from: 'ana@example.com',
};
const INCIDENT = {
  type: 'incident',
  title: 'It fell',
  service: { id: 'PSVC1', type: 'service_reference' },
  incident_key: 'k1',
};

let api: PagerDutyApi;
const start = async () => {
  api = await startPagerDutyApi({ token: 't0ken', users: ['ana@example.com'], services: ['PSVC1'] });
};
afterEach(() => api.close());

async function send(
  method: string,
  path: string,
  incident?: object,
  headers: Partial<Record<keyof typeof HEADERS, string>> = HEADERS,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: { ...headers, connection: 'close' },
    ...(incident === undefined ? {} : { body: JSON.stringify({ incident }) }),
  });
  return { status: response.status, body: await response.json() };
}
const without = (name: keyof typeof HEADERS) =>
  Object.fromEntries(Object.entries(HEADERS).filter(([key]) => key !== name));
const code = (expected: number) => ({ error: expect.objectContaining({ code: expected }) });

test('only one incident of a key is open for a service; a resolved one leaves room', async () => {
  await start();
  expect((await send('POST', '/incidents', INCIDENT)).status).toBe(201);
  expect(await send('POST', '/incidents', INCIDENT)).toMatchObject({ status: 400, body: code(2001) });
  api.change('PPAGE1', 'resolved');
  expect((await send('POST', '/incidents', INCIDENT)).status).toBe(201);
  expect(await send('GET', '/incidents?incident_key=k1')).toMatchObject({
    body: {
      incidents: [
        { id: 'PPAGE1', status: 'resolved' },
        { id: 'PPAGE2', status: 'triggered' },
      ],
    },
  });
  expect(await send('GET', '/incidents?incident_key=k2')).toMatchObject({ body: { incidents: [] } });
});

test('is as strict about headers as PagerDuty', async () => {
  await start();
  const post = (headers: Partial<Record<keyof typeof HEADERS, string>>) =>
    send('POST', '/incidents', INCIDENT, headers);
  expect(await post({ ...HEADERS, authorization: 'Bearer t0ken' })).toMatchObject({
    status: 401,
    body: code(2006),
  });
  expect((await post({ ...HEADERS, accept: 'application/json' })).status).toBe(406);
  expect(await post(without('from'))).toMatchObject({ status: 400, body: code(1008) });
  expect(await post({ ...HEADERS, from: 'ghost@example.com' })).toMatchObject({ body: code(1008) });
  expect(api.incidents()).toEqual([]);
  expect((await send('GET', '/incidents', undefined, without('from'))).status).toBe(200);
});

test('resolving twice is code 1001; an unknown incident is not found', async () => {
  await start();
  await send('POST', '/incidents', INCIDENT);
  const resolve = { type: 'incident_reference', status: 'resolved' };
  expect((await send('PUT', '/incidents/PPAGE1', resolve)).status).toBe(200);
  expect(await send('PUT', '/incidents/PPAGE1', resolve)).toMatchObject({ status: 400, body: code(1001) });
  expect(await send('PUT', '/incidents/PNONE', resolve)).toMatchObject({ status: 404, body: code(2100) });
});

test('fails on demand, before the effect or after it', async () => {
  await start();
  api.misbehave('rate_limited', 1);
  expect((await send('POST', '/incidents', INCIDENT)).status).toBe(429);
  api.misbehave('html_502', 1);
  await expect(send('POST', '/incidents', INCIDENT)).rejects.toThrow();
  expect(api.incidents()).toEqual([]);
  api.misbehave('drop_after_effect', 1);
  await expect(send('POST', '/incidents', INCIDENT)).rejects.toThrow();
  expect(api.incidents()).toHaveLength(1);
  expect(api.requests().map(({ status }) => status)).toEqual([429, 502, undefined]);
});
