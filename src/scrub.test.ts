import { expect, test } from 'vitest';
import { createScrub } from './scrub.ts';

test('finds a secret as it looks in plain text, JSON, nested JSON, a URL and a form', () => {
  const secret = 'a b"c&d';
  const scrub = createScrub([secret]);
  const json = JSON.stringify({ secret });
  for (const text of [secret, json, JSON.stringify({ json }), encodeURIComponent(secret), 'a+b%22c%26d']) {
    expect(scrub(text)).toContain('[secret]');
    expect(scrub(text)).not.toMatch(/a.{1,3}b.*c/);
  }
});

test('a secret containing another is removed whole', () => {
  expect(createScrub(['deploy', 'deploy-key-1'])('deploy-key-1')).toBe('[secret]');
});

test('leaves text without secrets alone, and does not look for very short values', () => {
  const text = 'GET https://prometheus:9090/api?query=up answered 200 to ana@example.com';
  expect(createScrub(['abc', '', 'e'])(text)).toBe(text);
});
