import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Slack that answers at once and keeps nothing. */
export interface SlackAtOnce {
  readonly url: string;
  /** Requests so far. */
  count(): number;
  /** When the first request came whose body contains `text`, by `performance.now()`. */
  firstAbout(text: string): Promise<number>;
  /** Resolves when nothing has come for this long. */
  quiet(ms: number): Promise<void>;
  close(): Promise<void>;
}

export const TEAM = 'T0BENCH';
export const INCIDENTS = 'C0INCIDENTS';

/** Starts it on a free port. It shares its event loop with whoever sends, so that both read one clock. */
export async function startSlackAtOnce(): Promise<SlackAtOnce> {
  let requests = 0;
  let last = performance.now();
  const awaited = new Map<string, (at: number) => void>();
  const server = createServer((request, response) => {
    const at = performance.now();
    last = at;
    requests += 1;
    const number = requests;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = JSON.stringify({ ok: true, ...answerTo(request.url ?? '', number) });
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answer),
      });
      response.end(answer);
      if (awaited.size === 0) return;
      const body = Buffer.concat(chunks).toString();
      for (const [text, heard] of awaited) if (body.includes(text)) heard(at);
    });
  });
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => requests,
    firstAbout: (text) =>
      new Promise((resolve) => {
        awaited.set(text, (at) => {
          awaited.delete(text);
          resolve(at);
        });
      }),
    async quiet(ms) {
      while (performance.now() - last < ms) await new Promise((resolve) => setTimeout(resolve, ms / 4));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerTo(url: string, number: number): object {
  switch (url.slice(url.lastIndexOf('/') + 1)) {
    case 'auth.test':
      return { team_id: TEAM, user_id: 'U0AIRE' };
    case 'conversations.list':
      return { channels: [{ id: INCIDENTS, name: 'incidents' }] };
    case 'conversations.create':
      return { channel: { id: `C${String(number).padStart(9, '0')}` } };
    case 'conversations.info':
      return { channel: { topic: { value: '' } } };
    case 'conversations.history':
      return { messages: [] };
    case 'chat.postMessage':
      return { channel: INCIDENTS, ts: `1700000000.${String(number).padStart(6, '0')}` };
    default:
      return { user: { id: 'U0ANA', name: 'ana' } };
  }
}
