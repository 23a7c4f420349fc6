import { EventEmitter, once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { healthRoutes } from '../../src/adapters/http/health.ts';
import { createHttpServer } from '../../src/adapters/http/server.ts';
import { AppError } from '../../src/errors.ts';
import { silentLogger } from '../../src/log.ts';
import { openTestDatabase } from '../support/databases.ts';
import { ANA, START, useStage } from '../support/stage.ts';

const stageWith = useStage();

async function ask(url: string, method = 'GET'): Promise<[number, unknown]> {
  const answer = await fetch(url, { method, headers: { connection: 'close' } });
  return [answer.status, await answer.json()];
}

describe('the HTTP server', () => {
  it('says where nothing is, and which method an address takes', async () => {
    const { app } = await stageWith();
    const nothing = { error: 'There is nothing at this address.' };
    for (const path of ['/', '/webhooks', '/webhooks/', '/webhooks/unknown', '/webhooks/pagerduty/x'])
      expect(await ask(`${app.url}${path}`)).toEqual([404, nothing]);
    for (const path of ['/webhooks/pagerduty', '/webhooks/signals', '/webhooks/mitigations/x'])
      expect(await ask(`${app.url}${path}`)).toEqual([405, { error: 'Use POST here.' }]);
    expect(await ask(`${app.url}/healthz`, 'DELETE')).toEqual([405, { error: 'Use GET here.' }]);
    expect((await ask(`${app.url}/healthz?from=probe`))[0]).toBe(200);
  });

  it('is alive and ready; Slack being away changes neither', async () => {
    const { app, slack } = await stageWith();
    slack.down(true);
    expect(await ask(`${app.url}/healthz`)).toEqual([200, { status: 'alive' }]);
    expect(await ask(`${app.url}/readyz`)).toEqual([200, { status: 'ready' }]);
  });

  it('lets nobody guess what a body is, and hides what went wrong inside', async () => {
    const refusal = new AppError('conflict', 'Try again.');
    const server = createHttpServer({
      log: silentLogger,
      mounts: [],
      routes: [
        {
          method: 'GET',
          path: '/defect',
          maxBytes: 0,
          handle: () => Promise.reject(new Error('password=x')),
        },
        { method: 'GET', path: '/busy', maxBytes: 0, handle: () => Promise.reject(refusal) },
        {
          method: 'POST',
          path: '/small/:id',
          maxBytes: 2048,
          handle: async ({ params }) => ({ status: 200, body: params }),
        },
      ],
    });
    const { port } = await server.listen(0, '127.0.0.1');
    const url = `http://127.0.0.1:${port}`;
    try {
      expect(await ask(`${url}/defect`)).toEqual([
        500,
        { error: 'aire failed to handle this request; its log says why.' },
      ]);
      expect(await ask(`${url}/busy`)).toEqual([503, { error: 'Try again.', code: 'conflict' }]);
      expect(await ask(`${url}/small/a%20b`, 'POST')).toEqual([200, { id: 'a%20b' }]);
      const large = await fetch(`${url}/small/x`, { method: 'POST', body: 'x'.repeat(2049) });
      expect(large.status).toBe(413);
      expect(large.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await large.json()).toMatchObject({
        error: 'The body is larger than 2 KB, the limit here. Send it in smaller parts.',
      });
    } finally {
      await server.close();
    }
  });

  it('a port that is taken is said in words', async () => {
    const { app } = await stageWith();
    const server = createHttpServer({ log: silentLogger, mounts: [], routes: [] });
    const port = Number(new URL(app.url).port);
    await expect(server.listen(port, '127.0.0.1')).rejects.toThrow(`PORT: can't listen on 127.0.0.1:${port}`);
  });

  it('a client that goes away in the middle of a body harms nobody, and is no failure of ours', async () => {
    const failures: unknown[] = [];
    const refused = new EventEmitter();
    const saysWhy = once(refused, 'refusal');
    const server = createHttpServer({
      log: {
        ...silentLogger,
        warn: (fields) => refused.emit('refusal', fields),
        error: (fields) => {
          failures.push(fields);
          refused.emit('refusal', fields);
        },
      },
      mounts: [],
      routes: [
        { method: 'POST', path: '/here', maxBytes: 2048, handle: async () => ({ status: 200, body: {} }) },
      ],
    });
    const { port } = await server.listen(0, '127.0.0.1');
    const url = `http://127.0.0.1:${port}/here`;
    try {
      const cut = request(url, { method: 'POST', headers: { 'content-length': 100 } });
      cut.on('error', () => {});
      cut.write('{"signals":', () => cut.destroy());
      expect((await saysWhy)[0]).toMatchObject({
        path: '/here',
        code: 'delivery_unreadable',
        reason: 'The body did not arrive whole.',
      });
      expect(failures).toEqual([]);
      expect(await ask(url, 'POST')).toEqual([200, {}]);
    } finally {
      await server.close();
    }
  });
});

describe('while the database is away', () => {
  it('nothing is taken that could be lost: senders are told to try again', async () => {
    const away = await openTestDatabase('pglite');
    const stage = await stageWith({ database: away.database });
    await stage.slack.as(ANA).command('help');
    await away.close();

    const alert = { type: 'triggered', id: 'PINC1', title: 'Hallucination rate high' } as const;
    const again = { error: 'The delivery could not be stored; send it again.', code: 'database_unavailable' };
    expect(await stage.pagerduty.incident(alert)).toMatchObject({ status: 503, body: again });
    expect(await stage.pagerduty.ping()).toMatchObject({ status: 503, body: again });
    expect(await stage.pagerduty.incident(alert, { unreadable: true })).toMatchObject({ status: 503 });
    const measured = { type: 'measurement', id: '1', service: 'support-agent', sli: 'x', value: 1 };
    expect(await stage.signals.send([{ ...measured, at: START.toISOString() }])).toMatchObject({
      status: 503,
      body: again,
    });
    const report = { attempt: 1, status: 'succeeded' } as const;
    expect(await stage.target.callback(`${stage.app.url}/webhooks/mitigations/mit_x`, report)).toMatchObject({
      status: 503,
      body: { error: 'The report could not be stored; send it again.', code: 'database_unavailable' },
    });

    expect(await ask(`${stage.app.url}/healthz`)).toEqual([200, { status: 'alive' }]);
    expect(await ask(`${stage.app.url}/readyz`)).toEqual([
      503,
      { status: 'not ready', reason: 'the database does not answer' },
    ]);
    const command = await stage.slack.as(ANA).command('list');
    expect(command.body).toMatchObject({
      text: 'aire could not do that, and nothing was changed. Try again in a minute; its log says why.',
    });
    // A forged delivery is refused as ever: who asks learns nothing of the database.
    expect(await stage.pagerduty.incident(alert, { wrongSignature: true })).toMatchObject({ status: 401 });
  });

  it('readiness asks the database each time', async () => {
    let up = true;
    const [, ready] = healthRoutes({
      ping: () => (up ? Promise.resolve() : Promise.reject(new Error('gone'))),
    });
    const status = async () =>
      (await ready?.handle({ headers: {}, params: {}, body: Buffer.alloc(0) }))?.status;
    expect(await status()).toBe(200);
    up = false;
    expect(await status()).toBe(503);
    up = true;
    expect(await status()).toBe(200);
  });
});
