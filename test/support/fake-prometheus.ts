import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A range query that came, times in seconds. */
export interface AskedRange {
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly authorization?: string;
}

/** A value, as text, at a time in seconds; undefined is a hole. */
type ValueAt = (at: number) => string | undefined;

/** A server that answers queries as a test says: neither PromQL nor series, only the wire. */
export interface FakePrometheus {
  readonly url: string;
  /** Every instant query that came, with its headers. */
  readonly asked: readonly { readonly query: string; readonly authorization: string | undefined }[];
  /** Every range query that came. */
  readonly ranges: readonly AskedRange[];
  /** From now on each query of either kind is answered so; by default with an empty vector. */
  answer(status: number, body: string): void;
  /** From now on a range query has these series, told apart by their `gpu`. */
  series(of: (query: string) => readonly ValueAt[]): void;
  /** From now on a range query has these series, each with its labels. */
  labelled(of: (query: string) => readonly (readonly [Readonly<Record<string, string>>, ValueAt])[]): void;
  /** From now on each instant query is answered with a vector of these values, as text. */
  vector(of: (query: string) => readonly string[]): void;
  close(): Promise<void>;
}

export async function startFakePrometheus(): Promise<FakePrometheus> {
  const asked: { query: string; authorization: string | undefined }[] = [];
  const ranges: AskedRange[] = [];
  let range = (asked: AskedRange): { status: number; body: string } => matrixOf(asked, []);
  let reply = (_query: string): { status: number; body: string } => vectorOf([]);
  function answer({ url, headers }: IncomingMessage, form: URLSearchParams) {
    const query = form.get('query') ?? '';
    if (url === '/api/v1/query') {
      asked.push({ query, authorization: headers.authorization });
      return reply(query);
    }
    if (url !== '/api/v1/query_range') return NOWHERE;
    const [start = 0, end = 0, step = 0] = ['start', 'end', 'step'].map((name) => Number(form.get(name)));
    const { authorization } = headers;
    const came = { query, start, end, step, ...(authorization === undefined ? {} : { authorization }) };
    ranges.push(came);
    return range(came);
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
      const { status, body } = request.method === 'POST' ? answer(request, form) : NOWHERE;
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    ranges,
    answer: (status, body) => {
      reply = () => ({ status, body });
      range = () => ({ status, body });
    },
    series: (of) => {
      range = (asked) =>
        matrixOf(
          asked,
          of(asked.query).map((valueAt, index) => [{ gpu: String(index) }, valueAt]),
        );
    },
    labelled: (of) => {
      range = (asked) => matrixOf(asked, of(asked.query));
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

const NOWHERE = { status: 404, body: 'no such page' };

function matrixOf(
  { start, end, step }: AskedRange,
  series: readonly (readonly [Readonly<Record<string, string>>, ValueAt])[],
) {
  const result = series.map(([metric, valueAt]) => {
    const values: [number, string][] = [];
    for (let at = start; at <= end; at += step) {
      const value = valueAt(at);
      if (value !== undefined) values.push([at, value]);
    }
    return { metric, values };
  });
  const present = result.filter(({ values }) => values.length > 0);
  return {
    status: 200,
    body: JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: present } }),
  };
}

function vectorOf(values: readonly string[]): { status: number; body: string } {
  const result = values.map((value, index) => ({
    metric: { gpu: String(index) },
    value: [1_795_255_200, value],
  }));
  return { status: 200, body: JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }) };
}
