import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { signWebhook } from '../../src/standard-webhooks.ts';
import { SIGNAL_SECRET, SLACK_SECRET, serviceName } from './bot.ts';
import { TEAM } from './slack-at-once.ts';

/** A request that is signed already, so that signing costs the measurement nothing. */
export interface Prepared {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What a load was answered. */
export interface Answers {
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds of each request. */
  readonly latencies: readonly number[];
}

let sent = 0;
/** No two runs may send the same delivery to a database that is used again. */
const run = `${process.pid}-${Date.now()}`;

/** A signed delivery. Its signature holds for five minutes. */
export function delivery(signals: readonly object[]): Prepared {
  sent += 1;
  const body = Buffer.from(JSON.stringify({ signals }));
  const signature = signWebhook({ secret: SIGNAL_SECRET, id: `${run}-${sent}`, at: new Date(), body });
  return { path: '/webhooks/signals', headers: { 'content-type': 'application/json', ...signature }, body };
}

/** A measurement as an eval pipeline sends it, with labels: alone in a delivery about 1.5 KB. */
export function measurement(service: string, sli: string, value: number): object {
  sent += 1;
  const labels = {
    model_version: 'v42',
    prompt_version: 'p17',
    region: 'eu-central-1',
    environment: 'production',
  };
  const trace = Array.from({ length: 6 }, (_, n) => [
    `trace_${n}`,
    `${n}${'0123456789abcdef'.repeat(12)}`.slice(0, 190),
  ]);
  return {
    type: 'measurement',
    id: `${run}-${sent}`,
    service,
    sli,
    value,
    samples: 200,
    window_s: 60,
    at: new Date().toISOString(),
    labels: { ...labels, ...Object.fromEntries(trace) },
  };
}

const HEALTHY = [
  ['task_completion_rate', 0.95],
  ['hallucination_rate', 0.01],
  ['latency_p95', 1],
  ['structured_output_error_rate', 0.001],
] as const;

/** Distinct deliveries of one healthy measurement each, over all services and four SLIs in turn. */
export function healthyDeliveries(count: number, services: number): Prepared[] {
  return Array.from({ length: count }, (_, n) => {
    const [sli, value] = HEALTHY[Math.floor(n / services) % HEALTHY.length] ?? HEALTHY[0];
    return delivery([measurement(serviceName(1 + (n % services)), sli, value)]);
  });
}

/** `/aire <text>`, as Slack posts it. */
export function slashCommand(text: string): Prepared {
  sent += 1;
  const body = new URLSearchParams({
    command: '/aire',
    text,
    team_id: TEAM,
    channel_id: 'C0ANYWHERE',
    user_id: 'U0ANA',
    trigger_id: `${run}-${sent}`,
  }).toString();
  const at = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', SLACK_SECRET).update(`v0:${at}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': at,
    'x-slack-signature': `v0=${signature}`,
  };
  return { path: '/slack/events', headers, body: Buffer.from(body) };
}

/** Posts everything over so many keep-alive connections, each with one request under way. Throws at another status. */
export async function post(
  url: string,
  requests: readonly Prepared[],
  options: { readonly connections: number; readonly status: number },
): Promise<Answers> {
  const { hostname, port } = new URL(url);
  const messages = requests.map((request) => messageOf(request, hostname));
  const latencies: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    const connection = await openConnection(hostname, Number(port));
    try {
      for (let message = messages[next++]; message !== undefined; message = messages[next++]) {
        const began = performance.now();
        const status = await connection.exchange(message);
        if (status !== options.status) throw new Error(`answered ${status}, not ${options.status}`);
        latencies.push(performance.now() - began);
      }
    } finally {
      connection.close();
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: options.connections }, lane));
  return { rate: (requests.length * 1000) / (performance.now() - began), latencies };
}

/** The bytes of a request, made before anything is measured. */
function messageOf({ path, headers, body }: Prepared, host: string): Buffer {
  const lines = Object.entries({ host, ...headers, 'content-length': body.length }).map((each) =>
    each.join(': '),
  );
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`), body]);
}

/** As little of an HTTP client as takes the least of the processors that the bot and its database share with it. */
async function openConnection(host: string, port: number) {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  let settle:
    | { readonly resolve: (status: number) => void; readonly reject: (error: Error) => void }
    | undefined;
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    const head = received.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(received)?.[1]);
    if (head === -1 || received.length < head + 4 + length) return;
    const status = Number(received.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
    received = '';
    settle?.resolve(status);
  });
  socket.on('error', (error) => settle?.reject(error));
  socket.on('close', () => settle?.reject(new Error('the connection was closed')));
  return {
    /** Sends a request and answers with the status, once the whole answer is here. */
    exchange: (message: Buffer): Promise<number> =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        socket.write(message);
      }),
    close: () => socket.destroy(),
  };
}
