import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { listen, type Received } from './http-exchange.ts';
import {
  type MitigationTarget,
  type MitigationTargetOptions,
  startMitigationTarget,
} from './mitigation-target.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function start(options: Partial<MitigationTargetOptions> = {}): Promise<MitigationTarget> {
  const versions = { current: 'v18', previous: 'v17' };
  const target = await startMitigationTarget({ secret: SECRET, honoursKey: true, versions, ...options });
  open.push(target);
  return target;
}

async function rollback(
  target: MitigationTarget,
  request: { body?: string; key?: string; secret?: string; signal?: AbortSignal; sign?: string } = {},
): Promise<Response> {
  const body = request.body ?? '{"to":"v17"}';
  const at = new Date();
  const signature = new Webhook(request.secret ?? SECRET).sign('msg_1', at, request.sign ?? body);
  return fetch(`${target.url}/rollback`, {
    method: 'POST',
    headers: {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signature,
      ...(request.key === '' ? {} : { 'idempotency-key': request.key ?? 'k1' }),
    },
    body,
    signal: request.signal ?? null,
  });
}

describe('rollback', () => {
  it('applies the effect, answers 200 succeeded and tells the new version', async () => {
    const target = await start();
    const response = await rollback(target);
    expect([response.status, await response.json()]).toEqual([200, { status: 'succeeded', version: 'v17' }]);
    expect(await (await fetch(`${target.url}/version`)).json()).toEqual({ version: 'v17' });
    expect(target.effects()).toEqual([{ key: 'k1', from: 'v18', to: 'v17' }]);
    expect(target.requests()).toMatchObject([{ key: 'k1', verified: true, status: 200 }]);
  });

  it('has one effect per key when it honours keys, and one per request when it does not', async () => {
    const honouring = await start();
    const careless = await start({ honoursKey: false });
    for (const target of [honouring, careless]) {
      await rollback(target);
      await rollback(target);
    }
    expect(honouring.effects()).toHaveLength(1);
    expect(careless.effects()).toHaveLength(2);
    await rollback(honouring, { key: 'k2' });
    expect(honouring.effects()).toHaveLength(2);
  });

  it('refuses one key for two different requests', async () => {
    const target = await start();
    await rollback(target);
    expect((await rollback(target, { body: '{"to":"v16"}' })).status).toBe(422);
    expect(target.version()).toBe('v17');
  });

  it.each([
    ['a wrong secret', { secret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` }, 401],
    ['a body that was changed after signing', { sign: '{"to":"v16"}' }, 401],
    ['no key', { key: '' }, 400],
    ['a body that is no object', { body: '"v17"' }, 400],
  ])('refuses %s without an effect', async (_what, request, status) => {
    const target = await start();
    expect((await rollback(target, request)).status).toBe(status);
    expect(target.effects()).toEqual([]);
    expect(target.requests()).toHaveLength(1);
  });

  it('answers 202 running until it is finished, when configured so', async () => {
    const target = await start({ answers: 'running' });
    expect((await rollback(target)).status).toBe(202);
    const status = async () => await (await fetch(`${target.url}/status`)).json();
    expect(await status()).toEqual({ status: 'running' });
    target.finish('failed');
    expect(await status()).toEqual({ status: 'failed' });
  });

  it('writes its state where another process can read it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aire-target-'));
    try {
      const target = await start({ statePath: join(folder, 'state.json') });
      await rollback(target);
      expect(JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'))).toMatchObject({ version: 'v17' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('misbehaviour', () => {
  it('hangs after the effect happened', async () => {
    const target = await start();
    target.misbehave('hang_after_effect', 1);
    await expect(rollback(target, { signal: AbortSignal.timeout(50) })).rejects.toThrow();
    expect(target.effects()).toHaveLength(1);
    expect(target.requests()).toMatchObject([{ status: undefined }]);
  });

  it.each([
    ['error_after_effect', 500, 1],
    ['error_500', 500, 0],
    ['refuse_422', 422, 0],
  ] as const)('%s answers %i with %i effects, as often as asked', async (fault, status, effects) => {
    const target = await start();
    target.misbehave(fault, 1);
    expect((await rollback(target)).status).toBe(status);
    expect(target.effects()).toHaveLength(effects);
    expect((await rollback(target)).status).toBe(200);
    expect(target.effects()).toHaveLength(1);
  });
});

describe('callback', () => {
  it('posts a result that verifies with the same secret, and not when it is signed wrongly', async () => {
    const received: Received[] = [];
    const bot = await listen((request) => {
      received.push(request);
      return { status: 202 };
    });
    open.push(bot);
    const target = await start();
    const result = { attempt: 1, status: 'succeeded', detail: 'done' } as const;
    const answer = await target.callback(`${bot.url}/webhooks/mitigations/m1`, result);
    await target.callback(`${bot.url}/webhooks/mitigations/m1`, result, { wrongSecret: true });
    const [good, bad] = received;
    expect(answer.status).toBe(202);
    expect(good?.headers['webhook-id']).toBe(answer.webhookId);
    const verify = (request: Received | undefined) =>
      new Webhook(SECRET).verify(request?.body ?? '', { ...request?.headers });
    expect(verify(good)).toEqual(result);
    expect(() => verify(bad)).toThrow('No matching signature');
  });
});
