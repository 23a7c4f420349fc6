import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that answers instant queries as a test says: neither PromQL nor series, only the wire. */
export interface FakePrometheus {
  readonly url: string;
  /** Every query that came, with its headers. */
  readonly asked: readonly { readonly query: string; readonly authorization: string | undefined }[];
  /** From now on each query is answered so; by default with an empty vector. */
  answer(status: number, body: string): void;
  /** From now on each query is answered with a vector of these values, as text. */
  vector(of: (query: string) => readonly string[]): void;
  close(): Promise<void>;
}

export async function startFakePrometheus(): Promise<FakePrometheus> {
  const asked: { query: string; authorization: string | undefined }[] = [];
  let reply = (_query: string): { status: number; body: string } => vectorOf([]);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const query = new URLSearchParams(Buffer.concat(chunks).toString('utf8')).get('query') ?? '';
      asked.push({ query, authorization: request.headers.authorization });
      const isQuery = request.method === 'POST' && request.url === '/api/v1/query';
      const { status, body } = isQuery ? reply(query) : { status: 404, body: 'no such page' };
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    answer: (status, body) => {
      reply = () => ({ status, body });
    },
    vector: (of) => {
      reply = (query) => vectorOf(of(query));
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function vectorOf(values: readonly string[]): { status: number; body: string } {
  const result = values.map((value, index) => ({
    metric: { gpu: String(index) },
    value: [1_795_255_200, value],
  }));
  return { status: 200, body: JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }) };
}
