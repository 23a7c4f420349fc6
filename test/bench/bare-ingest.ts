import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

/**
 * What a process reaches on this machine that does the least for each delivery: checks its signature, parses it, writes
 * the signal, an incident and a job by one durable statement, and answers (reference performance.md, "one CTE"). It
 * groups nothing, decides nothing and evaluates nothing: a measure of the machine, not a way to do it. Tells its port to
 * whoever forked it, and ends with it.
 *
 * Arguments: the URL of an empty database, the secret.
 */
const [databaseUrl = '', secret = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl, max: 16 });
await pool.query(`
  create table signals (id bigint generated always as identity primary key, key text not null unique, signal jsonb not null);
  create table incidents (id bigint generated always as identity primary key, signal bigint not null);
  create table jobs (id bigint generated always as identity primary key, due_at timestamptz not null, payload jsonb not null);
  create index on jobs (due_at)`);
const store = {
  name: 'store',
  text: `with stored as (insert into signals (key, signal) values ($1, $2) on conflict do nothing returning id),
    declared as (insert into incidents (signal) select id from stored returning id)
    insert into jobs (due_at, payload) select now(), jsonb_build_object('incident', id) from declared`,
};

async function take(request: IncomingMessage, body: Buffer): Promise<void> {
  const id = String(request.headers['webhook-id']);
  createHmac('sha256', secret).update(id).update(body).digest();
  const signal: unknown = JSON.parse(body.toString());
  await pool.query({ ...store, values: [id, JSON.stringify(signal)] });
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    void take(request, Buffer.concat(chunks)).then(() =>
      response.writeHead(202, { 'content-type': 'application/json', 'content-length': 2 }).end('{}'),
    );
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
