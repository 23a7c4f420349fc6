import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redact } from './redact.ts';

const token = (prefix: string) => `${prefix}${'a1B2'.repeat(8)}`;

test.each([
  ['email', 'Write to ana.b+x@mail.example.co.uk please', 'Write to [email] please'],
  ['token', `key ${token('sk-')}.`, 'key [token].'],
  ['token', `slack ${['xoxb', '1234567890', 'abcdefghij'].join('-')}`, 'slack [token]'],
  ['token', `git ${token('ghp_')}`, 'git [token]'],
  ['token', `aws ${['AKIA', 'ABCDEFGHIJKLMNOP'].join('')}`, 'aws [token]'],
  ['token', `hook ${token('whsec_')}`, 'hook [token]'],
  ['token', 'jwt eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl', 'jwt [token]'],
  ['token', 'Authorization: Bearer abcdef123456789', 'Authorization: [token]'],
  ['iban', 'IBAN DE89 3704 0044 0532 0130 00 thanks', 'IBAN [iban] thanks'],
  ['card', 'card 4111 1111 1111 1111', 'card [card]'],
  ['card', 'card 4111-1111-1111-1111.', 'card [card].'],
  ['ip', 'from 192.168.10.4 today', 'from [ip] today'],
  ['phone', 'call +49 151 23456789', 'call [phone]'],
  ['phone', 'call +49 30 123456 now', 'call [phone] now'],
  ['phone', 'call +4915123456789', 'call [phone]'],
  ['phone', 'call 0151 2345 6789', 'call [phone]'],
  ['phone', 'call 030/1234567', 'call [phone]'],
  ['phone', 'call (030) 1234567', 'call [phone]'],
  ['phone', 'call 0049 30 1234567', 'call [phone]'],
  ['phone', 'call 06 12 34 56 78', 'call [phone]'],
  ['card', 'order 123 4111 1111 1111 1111', 'order 123 [card]'],
  ['phone', 'call 415-555-0132', 'call [phone]'],
  ['phone', 'call (415) 555-0132', 'call [phone]'],
  ['phone', 'call +1 (415) 555-0132.', 'call [phone].'],
])('%s: %s', (kind, text, expected) => {
  expect(redact(text)).toEqual({ text: expected, removed: { [kind]: 1 } });
});

test('a private key is taken out whole', () => {
  const [dashes, name] = ['-----', 'PRIVATE KEY'];
  const key = `${dashes}BEGIN RSA ${name}${dashes}\nMIIE\nabc\n${dashes}END RSA ${name}${dashes}`;
  expect(redact(`a\n${key}\nb`)).toEqual({ text: 'a\n[private_key]\nb', removed: { private_key: 1 } });
});

test.each([
  'on 2026-11-21 at 10:05:33',
  'from 2026-11-21 10:05 to 2026-11-22 11:30',
  '21.11.2026 and 01.02.2026 and 01/02/2026',
  'v1.2.3 and 10.15.7 and node 20.19.43',
  'between 1000-2000 tokens, or 2024-2025',
  '12 345 678 rows and 1,234,567.89 USD',
  '0.123456789 and 3.14159265358979',
  'order 12345678901234 of customer 00012345',
  'INC-12, PR #4567, 99.95 %, 5pp, 4.8 s',
  '10.0.0 is no address, nor is 300.400.500.600',
  'GET /v1/models/gpt-4-0125-preview HTTP/1.1 200',
  '2026-11-21T10:05:33.123Z',
  'a task-based risk-assessment for the sk-team',
])('nothing is taken out of: %s', (text) => {
  expect(redact(text)).toEqual({ text, removed: {} });
});

test('everything is counted by kind', () => {
  expect(redact('a@b.co, c@d.org, 10.0.0.1').removed).toEqual({ email: 2, ip: 1 });
});

test('redacting twice changes nothing more', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          'a@b.co; ',
          '+49 151 23456789; ',
          '10.0.0.1; ',
          'x ',
          '2026-11-21; ',
          '4111111111111111; ',
        ),
      ),
      (parts) => {
        const once = redact(parts.join(''));
        expect(redact(once.text)).toEqual({ text: once.text, removed: {} });
        expect(once.text).not.toMatch(/@|10\.0|4111|23456789/);
      },
    ),
  );
});
