import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { messageOf } from '../../errors.ts';

/** One request as a stand-in sees it: the exact bytes, because signatures are over bytes. */
export interface Received {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What to answer; `hang` keeps the connection open without a word, `drop` closes it without one. */
export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'hang'
  | 'drop';

/** A server on 127.0.0.1 with a port of its own. */
export interface Listening {
  readonly url: string;
  /** Stops at once, cutting connections that hang. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1, port 0. An error thrown by `handle` is answered 500 with its message. */
export async function listen(handle: (request: Received) => Reply | Promise<Reply>): Promise<Listening> {
  const server = createServer((request, response) => {
    answer(request, response, handle).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${portOf(server)}`, close: () => close(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: Received) => Reply | Promise<Reply>,
): Promise<void> {
  const received = await receive(request);
  let reply: Reply;
  try {
    reply = await handle(received);
  } catch (error) {
    reply = { status: 500, body: { error: messageOf(error) } };
  }
  if (reply === 'hang') return;
  if (reply === 'drop') {
    request.socket.destroy();
    return;
  }
  const { body } = reply;
  const json = body !== undefined && typeof body !== 'string';
  response.writeHead(reply.status, {
    ...(body === undefined ? {} : { 'content-type': json ? 'application/json' : 'text/plain' }),
    ...reply.headers,
  });
  response.end(json ? JSON.stringify(body) : body);
}

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value ?? '')]),
  );
  const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://stand-in');
  return { method: request.method ?? 'GET', path, query, headers, body: Buffer.concat(chunks) };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stand-in is not listening');
  return address.port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** What the other side answered. Status 0: nothing came back, and `body` says why. */
export interface Answered {
  readonly status: number;
  /** Parsed when it is JSON, else the text. */
  readonly body: unknown;
}

const GIVE_UP_AFTER_MS = 15_000;

/** Posts exact bytes with exact headers, on a connection of its own so that the receiver can stop at once. */
export async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Answered> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, connection: 'close' },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(GIVE_UP_AFTER_MS),
    });
    return { status: response.status, body: parsedBody(await response.text()) };
  } catch (error) {
    return { status: 0, body: `no answer from ${url}: ${messageOf(error)}` };
  }
}

function parsedBody(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
