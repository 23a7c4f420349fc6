import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** The way to a PostgreSQL, on which answers can be held up while questions still go through. */
export interface HeldLine {
  readonly url: string;
  hold(): void;
  release(): void;
  /** Until the server has been asked something with this text in it since `hold`. */
  untilAsked(text: string): Promise<void>;
  /** Until the server has answered something since `hold`. */
  untilAnswered(): Promise<void>;
  /** All that it was asked since `hold`. */
  asked(): string;
  close(): void;
}

export async function openHeldLine(url: string): Promise<HeldLine> {
  const to = new URL(url);
  const heard = new EventEmitter();
  const sockets: Socket[] = [];
  let isHeld = false;
  let asked = '';
  const held: (() => void)[] = [];
  const line = createServer((client) => {
    const server = connect(Number(to.port), to.hostname);
    sockets.push(client, server);
    client.on('error', () => server.destroy()).on('close', () => server.destroy());
    server.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('data', (data) => {
      asked += data.toString('latin1');
      server.write(data);
      heard.emit('asked');
    });
    server.on('data', (data) => {
      if (!isHeld) return void client.write(data);
      held.push(() => client.write(data));
      heard.emit('answered');
    });
  }).listen(0, '127.0.0.1');
  await once(line, 'listening');
  const address = line.address();
  if (address === null || typeof address === 'string') throw new TypeError('the line has no port');
  const from = new URL(url);
  from.host = `127.0.0.1:${address.port}`;
  return {
    url: from.href,
    hold() {
      isHeld = true;
      asked = '';
    },
    release() {
      isHeld = false;
      for (const send of held.splice(0)) send();
    },
    async untilAsked(text) {
      while (!asked.includes(text)) await once(heard, 'asked');
    },
    async untilAnswered() {
      while (held.length === 0) await once(heard, 'answered');
    },
    asked: () => asked,
    close() {
      for (const socket of sockets) socket.destroy();
      line.close();
    },
  };
}
