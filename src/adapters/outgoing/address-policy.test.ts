import { expect, test } from 'vitest';
import { createAddressPolicy, isPublicAddress } from './address-policy.ts';
import { OutgoingFailure } from './outgoing.ts';

const refusalOf = (run: () => void): OutgoingFailure | undefined => {
  try {
    run();
  } catch (error) {
    if (error instanceof OutgoingFailure) return error;
    throw error;
  }
  return undefined;
};
const check = (url: string, allowHosts: readonly string[] = []) =>
  refusalOf(() => createAddressPolicy(allowHosts).checkUrl(new URL(url)));

test.each(['8.8.8.8', '93.184.216.34', '2606:4700::1111'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '127.0.0.1',
  '0.0.0.0',
  '169.254.169.254',
  '100.64.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:10.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'no address',
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each([
  'http://127.0.0.1/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0177.0.0.1/',
  'http://127.1/',
  'http://127.0.0.1./',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'https://[fd00::1]:8443/',
  'http://169.254.169.254/latest/meta-data',
])('refuses %s however it is written', (url) => {
  expect(check(url)).toMatchObject({ code: 'host_not_allowed', sent: 'no' });
});

test.each(['http://8.8.8.8/', 'https://example.com/', 'https://[2606:4700::1111]/'])(
  'has nothing against %s',
  (url) => {
    expect(check(url)).toBeUndefined();
  },
);

test('the refusal prints the line to set, keeping what is allowed already', () => {
  expect(check('http://10.0.0.5:8080/x?token=hunter2', ['deploy.internal'])?.message).toBe(
    '10.0.0.5 is a private address, and requests to it are not allowed. If aire is meant to reach it, ' +
      'set this and restart: AIRE_ALLOW_HOSTS=deploy.internal,10.0.0.5',
  );
});

test.each([
  ['10.0.0.5', 'http://10.0.0.5/', true],
  ['10.0.0.5', 'http://10.0.0.5:9999/', true],
  ['10.0.0.5:80', 'http://10.0.0.5/', true],
  ['10.0.0.5:443', 'https://10.0.0.5/', true],
  ['10.0.0.5:8080', 'http://10.0.0.5/', false],
  ['10.0.0.5', 'http://10.0.0.6/', false],
  ['::1', 'http://[::1]/', true],
  ['[::1]:80', 'http://[::1]/', true],
  ['[::1]:80', 'http://[::1]:81/', false],
])('with %s allowed, %s is reachable: %s', (allowed, url, reachable) => {
  expect(check(url, [allowed]) === undefined).toBe(reachable);
});

test('a name is refused when any of its addresses is private, unless the name is allowed', () => {
  const url = new URL('https://Deploy.Internal./');
  const mixed = ['8.8.8.8', '10.0.0.1'];
  expect(refusalOf(() => createAddressPolicy([]).checkResolved(url, mixed))?.message).toContain(
    'deploy.internal (10.0.0.1)',
  );
  expect(refusalOf(() => createAddressPolicy(['deploy.internal']).checkResolved(url, mixed))).toBeUndefined();
  expect(refusalOf(() => createAddressPolicy([]).checkResolved(url, ['8.8.8.8']))).toBeUndefined();
});
