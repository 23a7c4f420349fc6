import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, type ErrorCode, isAppError, messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';

/** A request as routes see it: body read whole, untouched. */
export interface HttpRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  /** Sent as JSON, unless `contentType` says what this text is. */
  readonly body: unknown;
  readonly contentType?: string;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Such as `/webhooks/mitigations/:id`. What is called `:token` is never logged. */
  readonly path: string;
  readonly maxBytes: number;
  handle(request: HttpRequest): Promise<HttpAnswer>;
}

/** A part of the URL space that reads its own requests (Slack's). */
export interface Mount {
  readonly path: string;
  readonly listener: RequestListener;
}

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  delivery_unauthenticated: 401,
  delivery_stale: 401,
  delivery_oversized: 413,
  delivery_unreadable: 400,
  not_found: 404,
  database_unavailable: 503,
  conflict: 503,
};

/** The one HTTP server. What a route throws becomes an answer: its own words for AppErrors, none for defects. */
export function createHttpServer(options: {
  routes: readonly Route[];
  mounts: readonly Mount[];
  log: Logger;
}) {
  const { log } = options;
  const mounts = new Map(options.mounts.map(({ path, listener }) => [path, listener]));
  const routesAt = routeFinder(options.routes);
  const server: Server = createServer((request, response) => {
    const path = pathOf(request.url ?? '/');
    const mounted = mounts.get(path);
    if (mounted !== undefined) {
      mounted(request, response);
      return;
    }
    answer(request, path)
      .then((result) => send(response, result))
      .catch((error: unknown) => send(response, answerTo(error, withoutToken(path, options.routes))));
  });
  // Longer than any proxy keeps a connection, so that none is closed under a request.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 30_000;

  async function answer(request: IncomingMessage, path: string): Promise<HttpAnswer> {
    const atPath = routesAt(path);
    if (atPath.length === 0) return { status: 404, body: { error: 'There is nothing at this address.' } };
    const found = atPath.find(({ route }) => route.method === request.method);
    if (found === undefined)
      return {
        status: 405,
        body: { error: `Use ${atPath.map(({ route }) => route.method).join(' or ')} here.` },
      };
    const body = await readBody(request, found.route.maxBytes);
    return found.route.handle({ headers: headersOf(request), params: found.params, body });
  }

  function answerTo(error: unknown, path: string): HttpAnswer {
    if (isAppError(error)) {
      if (error.code !== 'not_found')
        log.warn(
          { path, code: error.code, reason: error.message, ...causeOf(error) },
          'a request was refused',
        );
      return { status: STATUS[error.code] ?? 400, body: { error: error.message, code: error.code } };
    }
    log.error({ path, err: messageOf(error) }, 'a request failed');
    return { status: 500, body: { error: 'aire failed to handle this request; its log says why.' } };
  }

  return {
    listen: (port: number, host: string): Promise<{ port: number }> =>
      new Promise((resolve, reject) => {
        server.once('error', (error) =>
          reject(
            new AppError(
              'config_invalid',
              `PORT: can't listen on ${host}:${port} (${messageOf(error)}); choose another PORT or stop what uses it`,
            ),
          ),
        );
        server.listen(port, host, () => resolve({ port: addressOf(server).port }));
      }),
    close: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function causeOf(error: AppError): { err?: string } {
  return error.cause === undefined ? {} : { err: messageOf(error.cause) };
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new TypeError('the server listens on no TCP port');
  return address;
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds what there is at a path, of any method; paths without parameters at once. */
function routeFinder(routes: readonly Route[]): (path: string) => readonly Match[] {
  const fixed = new Map<string, Match[]>();
  for (const route of routes.filter(({ path }) => !path.includes('/:')))
    fixed.set(route.path, [...(fixed.get(route.path) ?? []), { route, params: {} }]);
  const others = routes.filter(({ path }) => path.includes('/:'));
  return (path) =>
    fixed.get(path) ??
    others.flatMap((route) => {
      const params = match(route.path, path);
      return params === undefined ? [] : [{ route, params }];
    });
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':') && value !== '') params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

/** A path for the log: also a wrong token, which may be one that was replaced or only misspelt, stays out of it. */
function withoutToken(path: string, routes: readonly Route[]): string {
  const route = routes.find((each) => each.path.endsWith('/:token') && match(each.path, path) !== undefined);
  return route?.path ?? path;
}

function headersOf(request: IncomingMessage): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(',') : value;
  return headers;
}

/** How many times the limit is read of a body whose length nobody declared. */
const READ_PAST = 16;

/** Reads the body up to a bound; what is larger is refused and never held. */
function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const refuse = (): void =>
      reject(
        new AppError(
          'delivery_oversized',
          `The body is larger than ${sizeInWords(maxBytes)}, the limit here. Send it in smaller parts.`,
        ),
      );
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return refuse();
    const chunks: Buffer[] = [];
    let size = 0;
    // By events: reading as an async iterator takes longer than all the rest of a small request.
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
      // Who is still sending when the connection is closed never reads why: the rest is read and dropped, within reason.
      if (size > READ_PAST * maxBytes) {
        refuse();
        request.destroy();
      }
    });
    request.on('end', () => (size > maxBytes ? refuse() : resolve(Buffer.concat(chunks))));
    // Nobody reads the answer, and nothing is wrong here.
    request.on('error', (cause) =>
      reject(new AppError('delivery_unreadable', 'The body did not arrive whole.', { cause })),
    );
  });
}

function sizeInWords(bytes: number): string {
  return bytes < 1024 * 1024 ? `${bytes / 1024} KB` : `${bytes / 1024 / 1024} MB`;
}

function send(response: ServerResponse, { status, body, contentType }: HttpAnswer): void {
  const text = contentType === undefined ? JSON.stringify(body) : String(body);
  response.writeHead(status, {
    'content-type': contentType ?? 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
    // A refused body may still be arriving; nobody reads the rest of it.
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  response.end(text);
}
