import { expect, test } from 'vitest';
import { isAppError, messageOf } from '../../errors.ts';
import { senderByToken } from './alert-token.ts';

const OLD = 'old-token-0123456789';
const NEW = 'bmV3+dG9rZW4/bmV3dG9rZW4=';
const SENDERS = [
  { name: 'alertmanager', secrets: [NEW, OLD] },
  { name: 'datadog', secrets: ['another-token-0123456789'] },
];
const body = Buffer.from('{}');
const withHeader = (authorization: string) => ({ headers: { authorization }, body });
const inAddress = (token: string) => ({ headers: {}, body, token });

test.each([
  ['the new token', withHeader(`Bearer ${NEW}`), 'alertmanager'],
  ['the old one, while rotating', withHeader(`bearer  ${OLD}`), 'alertmanager'],
  ['in the address', inAddress(OLD), 'alertmanager'],
  ['in the address, percent-encoded', inAddress(encodeURIComponent(NEW)), 'alertmanager'],
  [
    'in the address, beside a header for a proxy',
    { ...inAddress(OLD), ...{ headers: { authorization: 'Bearer for-the-proxy' } } },
    'alertmanager',
  ],
  ['of another sender', withHeader('Bearer another-token-0123456789'), 'datadog'],
])('%s names its sender', (_what, delivery, name) => {
  expect(senderByToken(SENDERS, delivery)).toBe(name);
});

test.each([
  ['a wrong token', withHeader(`Bearer ${OLD}x`), 'none of AIRE_ALERT_TOKENS'],
  ['a beginning of it', withHeader(`Bearer ${OLD.slice(0, -1)}`), 'none of AIRE_ALERT_TOKENS'],
  ['a wrong one in the address', inAddress(`${OLD}%zz`), 'none of AIRE_ALERT_TOKENS'],
  ['the name instead of the token', withHeader('Bearer alertmanager'), 'none of AIRE_ALERT_TOKENS'],
  ['no token', { headers: {}, body }, 'The token is missing'],
  ['an empty header', withHeader('Bearer '), 'The token is missing'],
  ['another scheme', withHeader(`Basic ${OLD}`), 'The token is missing'],
])('%s is refused without being repeated', (_what, delivery, message) => {
  const error = thrownBy(() => senderByToken(SENDERS, delivery));
  expect(isAppError(error, 'delivery_unauthenticated')).toBe(true);
  expect(messageOf(error)).toContain(message);
  expect(messageOf(error)).not.toContain('old-token');
});

test('without tokens it says which variable to set', () => {
  expect(messageOf(thrownBy(() => senderByToken([], withHeader(`Bearer ${OLD}`))))).toContain(
    'Set AIRE_ALERT_TOKENS',
  );
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
