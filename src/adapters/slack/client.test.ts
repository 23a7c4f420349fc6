import { expect, it } from 'vitest';
import { classify } from './client.ts';

it('tells what the database said of a failed statement, not the statement', () => {
  const failed = new Error('Failed query: select secret from t', {
    cause: new Error('connect ECONNREFUSED'),
  });
  expect(classify(failed)).toEqual({ kind: 'ambiguous', reason: 'connect ECONNREFUSED' });
  expect(classify(new Error('no answer')).reason).toBe('no answer');
});
