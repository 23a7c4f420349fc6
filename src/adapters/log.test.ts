import { expect, test } from 'vitest';
import { createLogger } from './log.ts';

const SECRET = 'pd"key\\with/odd chars';

function record(secrets: readonly string[] = [SECRET], level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ level, secrets, destination: { write: (line) => lines.push(line) } });
  return { logger, lines };
}

test('writes one JSON object a line, with the level as a word and the time in UTC', () => {
  const { logger, lines } = record();
  logger.info({ incident: 'inc_1', count: 3 }, 'incident declared');
  expect(lines).toHaveLength(1);
  const line: unknown = JSON.parse(lines[0] ?? '');
  expect(line).toMatchObject({ level: 'info', incident: 'inc_1', count: 3, msg: 'incident declared' });
  expect(line).toHaveProperty('time', expect.stringMatching(/^\d{4}-.*Z$/));
});

test('leaves out what is below its level', () => {
  const { logger, lines } = record();
  logger.debug({}, 'detail');
  expect(lines).toEqual([]);
  const verbose = record([], 'debug');
  verbose.logger.debug({}, 'detail');
  expect(verbose.lines).toHaveLength(1);
});

test('a secret inside a nested cause never comes out, under any key', () => {
  const { logger, lines } = record();
  const root = Object.assign(new Error(`refused ${SECRET}`), { headers: { token: SECRET } });
  const outer = new Error('page failed', { cause: new Error('request failed', { cause: root }) });
  logger.error({ err: outer }, 'job failed');
  logger.error({ reason: outer, deep: { list: [{ body: JSON.stringify({ key: SECRET }) }] } }, SECRET);
  for (const line of lines) {
    expect(line).not.toContain(JSON.stringify(SECRET).slice(1, -1));
    expect(line).not.toContain('odd chars');
    expect(() => JSON.parse(line)).not.toThrow();
  }
  expect(lines[0]).toContain('request failed');
  expect(lines[1]).toContain('request failed');

  const unaware = record([]);
  unaware.logger.error({ err: outer }, 'job failed');
  expect(unaware.lines[0]).toContain('odd chars');
});

test.each([
  ['a Slack bot token', 'xoxb-12-34-AbC'],
  ['a Slack app token', 'xapp-1-A1-99-ff'],
  ['a webhook secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ['a bearer header', 'Bearer abc.def-ghi'],
  ['a basic header', '{"Authorization":"Basic dXNlcjpwYXNz"}'],
  ['the password of a database', 'postgres://aire:hunter2@db/aire'],
])('removes what looks like %s although nobody named it', (_what, text) => {
  const { logger, lines } = record([]);
  logger.warn({ note: `before ${text} after` }, 'seen');
  expect(lines[0]).toContain('before ');
  expect(lines[0]).toContain('[secret]');
  for (const part of ['12-34', 'A1-99', 'MfKQ', 'abc.def', 'dXNl', 'hunter2'])
    expect(lines[0]).not.toContain(part);
});

test('a secret that is a number leaves valid JSON behind', () => {
  const { logger, lines } = record(['987654']);
  logger.info({ pin: 987654 }, 'done');
  expect(lines[0]).not.toContain('987654');
  expect(() => JSON.parse(lines[0] ?? '')).not.toThrow();
});
