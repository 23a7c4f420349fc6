import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createOutgoing } from '../../src/adapters/outgoing/create-outgoing.ts';
import { createReader } from '../../src/adapters/outgoing/reader.ts';
import { createPrometheus } from '../../src/adapters/prometheus/query.ts';
import { createScrub } from '../../src/scrub.ts';
import { startFakePrometheus } from '../support/fake-prometheus.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step();
});

const reader = (allowHosts: readonly string[]) =>
  createReader({
    outgoing: createOutgoing({ allowHosts }),
    secrets: new Map([['AIRE_SECRET_PROM', ['token', 'older']]]),
    scrub: createScrub(['token']),
  });

async function prometheus() {
  const fake = await startFakePrometheus();
  cleanUp.push(() => fake.close());
  return fake;
}

describe('a query', () => {
  it('is posted with its secret, below whatever path the address has', async () => {
    const fake = await prometheus();
    fake.vector(() => ['0.5']);
    const query = createPrometheus(reader(['127.0.0.1']));
    const headers = { authorization: `Bearer \${AIRE_SECRET_PROM}` };
    const asked = { headers, query: 'up{a="ü&b"}', timeoutMs: 2000 };
    expect(await query({ ...asked, url: `${fake.url}/` })).toEqual({
      kind: 'samples',
      samples: [{ labels: { gpu: '0' }, value: 0.5 }],
      url: `${fake.url}/graph?g0.expr=up%7Ba%3D%22%C3%BC%26b%22%7D&g0.tab=1`,
    });
    expect(fake.asked).toEqual([{ query: 'up{a="ü&b"}', authorization: 'Bearer token' }]);
    expect(await query({ ...asked, url: `${fake.url}/elsewhere` })).toEqual({
      kind: 'failed',
      reason: 'Prometheus, or a proxy before it, answered 404.',
    });
  });
});

describe('what can not be read', () => {
  it('a secret that the other side repeats is not shown', async () => {
    const fake = await prometheus();
    fake.answer(200, '{"status":"error","error":"token is no valid token"}');
    const query = createPrometheus(reader(['127.0.0.1']));
    expect(await query({ url: fake.url, headers: {}, query: 'up', timeoutMs: 2000 })).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('[secret] is no valid [secret]'),
    });
  });

  const ask = { method: 'GET', headers: {}, timeoutMs: 1000 } as const;

  it('a private address that was not allowed: the line to add', async () => {
    const fake = await prometheus();
    const answer = await reader([])({ ...ask, url: fake.url });
    expect(answer).toMatchObject({ kind: 'failed' });
    expect(JSON.stringify(answer)).toContain('AIRE_ALLOW_HOSTS=127.0.0.1');
    expect(fake.asked).toEqual([]);
  });

  it('nobody there, and somebody who does not answer in time', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const read = reader(['127.0.0.1']);
    expect(await read({ ...ask, url: `http://${host}/`, timeoutMs: 50 })).toEqual({
      kind: 'failed',
      reason: `${host} did not answer within 0 s.`,
    });
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
    expect(await read({ ...ask, url: `http://${host}/` })).toEqual({
      kind: 'failed',
      reason: `${host} could not be reached.`,
    });
  });
});
