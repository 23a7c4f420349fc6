import pg from 'pg';
import { expect, it } from 'vitest';
import { sayWhenAway } from './when-away.ts';

const withCode = (error: Error, code: string): Error => Object.assign(error, { code });
const ofServer = (code: string): Error =>
  withCode(new pg.DatabaseError('said by the server', 0, 'error'), code);
const failing = (error: Error) =>
  sayWhenAway({ save: () => Promise.reject(new Error('Failed query: insert …', { cause: error })) }).save();

it.each([
  ['nobody listens', withCode(new Error('connect'), 'ECONNREFUSED')],
  ['it is starting', ofServer('57P03')],
  ['it has no connection left', ofServer('53300')],
  ['PgBouncer can not reach it', ofServer('08P01')],
  ['a failover left it read-only', ofServer('25006')],
  ['the connection broke', new Error('Connection terminated unexpectedly')],
  ['it does not answer', new Error('Query read timeout')],
])('%s: a person hears that it is away', async (_what, error) => {
  await expect(failing(error)).rejects.toMatchObject({ code: 'database_unavailable' });
});

it.each([
  ['a statement that is wrong', ofServer('42601')],
  ['a row that is refused', ofServer('23502')],
  ['a defect', new TypeError('undefined is not a function')],
])('control: %s is none of that', async (_what, error) => {
  await expect(failing(error)).rejects.toThrow('Failed query');
});

it('changes nothing while it answers', async () => {
  const store = sayWhenAway({ find: async (id: string) => `found ${id}` });
  expect([await store.find('a'), await { ...store }.find('b')]).toEqual(['found a', 'found b']);
});
