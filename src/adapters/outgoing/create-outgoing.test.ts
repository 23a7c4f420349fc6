import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { ResolveHost } from './address-policy.ts';
import { createOutgoing } from './create-outgoing.ts';
import { OutgoingFailure, type OutgoingRequest } from './outgoing.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const serve = (listener: RequestListener) => listen(createServer(listener));
const get = (url: string, more: Partial<OutgoingRequest> = {}) => ({
  method: 'GET',
  url,
  headers: {},
  ...more,
});
const resolvesTo =
  (...addresses: string[]): ResolveHost =>
  async () =>
    addresses.map((address) => ({ address, family: 4 }));
const open = createOutgoing({ allowHosts: ['127.0.0.1'] });

async function failure(answer: Promise<unknown>): Promise<OutgoingFailure> {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OutgoingFailure) return error;
  throw new Error('expected an OutgoingFailure', { cause: error });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

test('sends method, headers, query and body, and gives back status, headers and body', async () => {
  const port = await serve(async (req, res) => {
    const seen = [req.method, req.url, req.headers.authorization, await bodyOf(req)].join(' ');
    res.writeHead(201, { 'X-Seen': 'yes', 'Set-Cookie': ['a=1', 'b=2'] }).end(seen);
  });
  const answer = await open.request({
    method: 'POST',
    url: `http://127.0.0.1:${port}/roll?to=v1`,
    headers: { authorization: 'Bearer t' },
    body: 'ünï',
  });
  expect(answer).toMatchObject({
    status: 201,
    headers: { 'x-seen': 'yes', 'set-cookie': 'a=1, b=2' },
    body: 'POST /roll?to=v1 Bearer t ünï',
    truncated: false,
  });
});

test('a private literal address is refused, nothing is sent; allowed, it is reached', async () => {
  let hits = 0;
  const port = await serve((_req, res) => {
    hits++;
    res.end('ok');
  });
  for (const host of ['127.0.0.1', '2130706433', '0x7f000001', '[::ffff:127.0.0.1]']) {
    const refused = await failure(createOutgoing({ allowHosts: [] }).request(get(`http://${host}:${port}/`)));
    expect(refused).toMatchObject({ code: 'host_not_allowed', reason: 'host_not_allowed', sent: 'no' });
  }
  expect(hits).toBe(0);
  expect((await open.request(get(`http://127.0.0.1:${port}/`))).body).toBe('ok');
  expect(hits).toBe(1);
});

test('a name that resolves to any private address is refused, unless the name is allowed', async () => {
  const port = await serve((_req, res) => res.end('ok'));
  const url = `http://deploy.internal:${port}/`;
  for (const addresses of [['127.0.0.1'], ['8.8.8.8', '127.0.0.1']]) {
    const outgoing = createOutgoing({ allowHosts: [], resolveHost: resolvesTo(...addresses) });
    const refused = await failure(outgoing.request(get(url)));
    expect(refused).toMatchObject({ code: 'host_not_allowed', sent: 'no' });
    expect(refused.message).toContain('AIRE_ALLOW_HOSTS=deploy.internal');
  }
  for (const allowed of ['deploy.internal', `deploy.internal:${port}`]) {
    const outgoing = createOutgoing({ allowHosts: [allowed], resolveHost: resolvesTo('127.0.0.1') });
    expect((await outgoing.request(get(url))).body).toBe('ok');
  }
  const otherPort = createOutgoing({
    allowHosts: ['deploy.internal:1'],
    resolveHost: resolvesTo('127.0.0.1'),
  });
  expect((await failure(otherPort.request(get(url)))).reason).toBe('host_not_allowed');
});

test('localhost through the system resolver is refused', async () => {
  const refused = await failure(createOutgoing({ allowHosts: [] }).request(get('http://localhost:1/')));
  expect(refused).toMatchObject({ code: 'host_not_allowed', sent: 'no' });
});

test('a name is asked once a request, and the answer that was checked is the one connected to', async () => {
  const port = await serve((_req, res) => res.end('ok'));
  const answers: string[] = [];
  const rebinding: ResolveHost = async () => {
    const address = answers.length === 0 ? '127.0.0.1' : '127.0.0.2';
    answers.push(address);
    return [{ address, family: 4 }];
  };
  const outgoing = createOutgoing({ allowHosts: ['rebind.test'], resolveHost: rebinding });
  expect((await outgoing.request(get(`http://rebind.test:${port}/`))).body).toBe('ok');
  expect(answers).toEqual(['127.0.0.1']);
});

test('a redirect to a private address is handed back, not followed', async () => {
  let hits = 0;
  const secret = await serve((_req, res) => {
    hits++;
    res.end('metadata');
  });
  const port = await serve((_req, res) =>
    res.writeHead(302, { location: `http://127.0.0.1:${secret}/` }).end(),
  );
  const answer = await open.request(get(`http://127.0.0.1:${port}/`));
  expect(answer).toMatchObject({ status: 302, headers: { location: `http://127.0.0.1:${secret}/` } });
  expect(hits).toBe(0);
});

test('keeps only so much of a body, and says so', async () => {
  const port = await serve((_req, res) => res.end('x'.repeat(5000)));
  const small = createOutgoing({ allowHosts: ['127.0.0.1'], maxResponseBytes: 4999 });
  const cut = await small.request(get(`http://127.0.0.1:${port}/`));
  expect([cut.body.length, cut.truncated]).toEqual([4999, true]);
  const enough = createOutgoing({ allowHosts: ['127.0.0.1'], maxResponseBytes: 5000 });
  const whole = await enough.request(get(`http://127.0.0.1:${port}/`));
  expect([whole.body.length, whole.truncated]).toEqual([5000, false]);
});

test('a refused connection and an unknown name were certainly not sent', async () => {
  const gone = createServer();
  const port = await listen(gone);
  gone.close();
  expect(await failure(open.request(get(`http://127.0.0.1:${port}/`)))).toMatchObject({
    reason: 'unreachable',
    sent: 'no',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  const unknown = createOutgoing({
    allowHosts: [],
    resolveHost: async () => {
      throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    },
  });
  expect(await failure(unknown.request(get('http://nowhere.test/')))).toMatchObject({
    reason: 'unreachable',
    sent: 'no',
    message: expect.stringContaining('ENOTFOUND'),
  });
});

test('a TLS handshake that fails was certainly not sent', async () => {
  const port = await listen(createTcpServer((socket) => socket.on('error', () => {}).end('not TLS\r\n')));
  expect(await failure(open.request(get(`https://127.0.0.1:${port}/`)))).toMatchObject({
    reason: 'unreachable',
    sent: 'no',
  });
});

test('no answer in time may have been sent; no address in time was not', async () => {
  const port = await serve(() => {});
  const hasty = createOutgoing({ allowHosts: ['127.0.0.1'], timeoutMs: 200 });
  expect(await failure(hasty.request(get(`http://127.0.0.1:${port}/`)))).toMatchObject({
    reason: 'timeout',
    sent: 'maybe',
  });
  const slowNames = createOutgoing({
    allowHosts: [],
    timeoutMs: 20,
    resolveHost: () => new Promise(() => {}),
  });
  expect(await failure(slowNames.request(get('http://slow.test/')))).toMatchObject({
    reason: 'timeout',
    sent: 'no',
  });
});

test('the bound on time holds for a body that drips', async () => {
  const port = await serve((_req, res) => {
    res.writeHead(200).write('first');
  });
  const hasty = createOutgoing({ allowHosts: ['127.0.0.1'], timeoutMs: 200 });
  expect(await failure(hasty.request(get(`http://127.0.0.1:${port}/`)))).toMatchObject({
    reason: 'timeout',
    sent: 'maybe',
  });
});

test('a connection reset after the request may have been sent', async () => {
  const port = await listen(
    createTcpServer((socket) => socket.on('error', () => {}).once('data', () => socket.resetAndDestroy())),
  );
  expect(await failure(open.request(get(`http://127.0.0.1:${port}/`)))).toMatchObject({
    reason: 'broken_off',
    sent: 'maybe',
  });
});

test('the caller can give up', async () => {
  const controller = new AbortController();
  const port = await serve(() => controller.abort());
  const given = await failure(open.request(get(`http://127.0.0.1:${port}/`, { signal: controller.signal })));
  expect(given).toMatchObject({ reason: 'aborted', sent: 'maybe' });
});

test.each([
  ['no URL', get('not a url hunter2')],
  ['another scheme', get('file:///etc/passwd?hunter2')],
  ['a password in the URL', get('http://u:hunter2@example.com/')],
  ['a header with a line break', get('http://127.0.0.1:1/', { headers: { 'x-a': 'hunter2\r\nx-b: 1' } })],
  ['no method', get('http://127.0.0.1:1/', { method: 'a b' })],
])('%s is an invalid request', async (_what, request) => {
  const refused = await failure(open.request(request));
  expect(refused).toMatchObject({ code: 'invalid_input', reason: 'invalid_request', sent: 'no' });
  expect(refused.message).not.toContain('hunter2');
});

test('no failure repeats the path, the query or a header', async () => {
  const port = await listen(
    createTcpServer((socket) => socket.on('error', () => {}).once('data', () => socket.resetAndDestroy())),
  );
  const url = `http://127.0.0.1:${port}/hook/hunter2?token=hunter2`;
  const headers = { authorization: 'Bearer hunter2' };
  for (const outgoing of [open, createOutgoing({ allowHosts: [] })]) {
    expect((await failure(outgoing.request(get(url, { headers })))).message).not.toContain('hunter2');
  }
});
