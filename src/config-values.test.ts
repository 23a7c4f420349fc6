import { expect, test } from 'vitest';
import { parseBaseUrl, parseChannel, parseDatabaseUrl, parseHosts, parsePort } from './config-values.ts';

test.each(['0', '80', '65535'])('%s is a port', (text) => {
  expect(parsePort(text)).toEqual({ value: Number(text) });
});

test.each(['65536', '-1', '3e3', '80.0', '0x50', ''])('%j is no port', (text) => {
  expect(parsePort(text)).toHaveProperty('fault');
});

test.each(['http://h', 'https://h:8443', 'http://127.0.0.1:1/'])('%s is a base address', (text) => {
  expect(parseBaseUrl(text)).toEqual({ value: new URL(text).origin });
});

test.each(['ftp://h', 'h:80', 'https://h/api', 'https://h/?x=1', 'https://u:p@h'])('%s is none', (text) => {
  expect(parseBaseUrl(text)).toHaveProperty('fault');
});

test.each(['postgres://h/d', 'postgresql://u:p%25@h:5432/d', 'postgres:///d?host=/run'])(
  '%s is a database',
  (text) => {
    expect(parseDatabaseUrl(text)).toEqual({ value: text });
  },
);

test.each(['h/d', 'http://h/d', 'postgres://u:50%@h/d'])('%s is no database', (text) => {
  expect(parseDatabaseUrl(text)).toHaveProperty('fault');
});

test.each([
  ['#incidents', 'incidents'],
  ['störung-1', 'störung-1'],
  ['C0123456789', 'C0123456789'],
])('%s is a channel', (text, value) => {
  expect(parseChannel(text)).toEqual({ value });
});

test.each(['Incidents', 'a b', '#', '<#C1>', 'x'.repeat(81)])('%s is no channel', (text) => {
  expect(parseChannel(text)).toHaveProperty('fault');
});

test.each(['http://h', 'h/path', '*.internal', 'h:port', '10.0.0.0/8', 'u@h', '1.2.3.999'])(
  '%s is no host',
  (text) => {
    expect(parseHosts(text)).toHaveProperty('fault');
  },
);
