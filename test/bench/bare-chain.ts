import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

/**
 * About the least that stands between a signal and Slack where nothing may be forgotten: a process that checks a signature,
 * writes the signal and a job by one durable statement, answers, reads what was measured, writes an incident and a job by
 * another, and posts. It decides nothing, and nobody else could take its jobs: a measure of the machine, not a way to do
 * it. Tells its port to whoever forked it, and ends with it.
 *
 * Arguments: the URL of an empty database, that of Slack, the secret.
 */
const [databaseUrl = '', slackUrl = '', secret = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl });
await pool.query(`create table signals (id bigint generated always as identity primary key, signal jsonb not null);
  create table incidents (id bigint generated always as identity primary key, incident jsonb not null);
  create table jobs (id bigint generated always as identity primary key, payload jsonb not null)`);
const store = {
  name: 'store',
  text: `with stored as (insert into signals (signal) values ($1) returning id)
    insert into jobs (payload) select jsonb_build_object('signal', id) from stored`,
};
const read = { name: 'read', text: 'select signal from signals order by id desc limit 30' };
const declare = {
  name: 'declare',
  text: `with declared as (insert into incidents (incident) values ($1) returning id)
    insert into jobs (payload) select jsonb_build_object('incident', id) from declared`,
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const server = createServer((request, response) => {
  void (async () => {
    const body = await bodyOf(request);
    createHmac('sha256', secret).update(body).digest();
    await pool.query({ ...store, values: [JSON.stringify(JSON.parse(body))] });
    response.writeHead(202, { 'content-length': 2 }).end('{}');
    const { rows } = await pool.query(read);
    await pool.query({ ...declare, values: [JSON.stringify(rows[0])] });
    await (await fetch(`${slackUrl}/chat.postMessage`, { method: 'POST', body })).arrayBuffer();
  })();
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
