import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOW } from '../incidents/test-builders.ts';
import { insertIntoJson, insertValues, namesIn } from '../insert-values.ts';
import { mitigationDeps, request } from './test-builders.ts';

const hostile = 'v41", "admin": true, "x": "../../?a=b&c#d\r\nx-evil: 1';

/** Requests with a fact as an untrusted change signal may set it. */
async function frozenWith(value: string) {
  const { deps } = mitigationDeps({
    definition: {
      request: {
        url: 'https://deploy.internal/models/{{facts.version}}/rollback?to={{facts.version}}',
        headers: { 'x-version': 'is {{facts.version}}', authorization: `Bearer \${AIRE_SECRET_DEPLOY}` },
        body: { to: '{{facts.version}}', nested: [{ again: 'v={{facts.version}}' }], n: 3 },
      },
    },
    incident: { facts: { version: { value, from: 'signal:ci', at: NOW } } },
  });
  return (await request(deps)).request;
}

test('a value stays inside its place in the URL, the header and the body', async () => {
  const { url, headers, body } = await frozenWith(hostile);
  expect(new URL(url).pathname).toBe(`/models/${encodeURIComponent(hostile)}/rollback`);
  expect(new URL(url).searchParams.get('to')).toBe(hostile);
  expect([...new URL(url).searchParams.keys()]).toEqual(['to']);
  expect(headers['x-version']).toBe('is v41", "admin": true, "x": "../../?a=b&c#d  x-evil: 1');
  expect(JSON.parse(body)).toEqual({ to: hostile, nested: [{ again: `v=${hostile}` }], n: 3 });
});

test('no value whatever escapes its place', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 1 }).filter((value) => !/^\.\.?$/.test(value)),
      async (value) => {
        const { url, headers, body } = await frozenWith(value);
        expect(new URL(url).host).toBe('deploy.internal');
        expect([...new URL(url).searchParams.keys()]).toEqual(['to']);
        expect(headers['x-version']).not.toMatch(/[\r\n]/);
        expect(Object.keys(JSON.parse(body))).toEqual(['to', 'nested', 'n']);
        expect(JSON.parse(body).to).toBe(value);
      },
    ),
    { numRuns: 200 },
  );
});

test('a value that reads like a secret is refused: it would be filled in when the header is sent', async () => {
  await expect(frozenWith(`\${AIRE_SECRET_OTHER}`)).rejects.toThrow(
    `A value for the header "x-version" names a secret. Values may not contain \${AIRE_SECRET_…}.`,
  );
});

test.each(['.', '..'])('a path segment of dots (%s) is refused: it would move the request', async (value) => {
  await expect(frozenWith(value)).rejects.toThrow(`A value for the url may not be "${value}".`);
  // What would happen otherwise, encoded or not:
  expect(new URL('https://deploy.internal/models/%2e%2e/rollback').pathname).toBe('/rollback');
});

test('a value is inserted as it is, with no second round of inserting', () => {
  expect(insertValues('{{a}}', { a: '{{b}}', b: 'secret' })).toBe('{{b}}');
  expect(insertValues('{{a}}', { a: '$& $1 $$' })).toBe('$& $1 $$');
});

test('an empty value is as unknown as a missing one', () => {
  const missing = 'The value {{callback_url}} is not known yet.';
  expect(() => insertValues('x{{callback_url}}', { callback_url: '' })).toThrow(missing);
  expect(() => insertValues('x{{callback_url}}', {})).toThrow(missing);
});

test('a placeholder that is written wrongly is never sent as it stands', () => {
  for (const template of ['{{Facts.model}}', '{{facts.good-model}}', '{{ }}', '{{facts.model | upper}}']) {
    expect(namesIn(template)).toHaveLength(1);
    expect(() => insertValues(template, { 'facts.model': 'v1' })).toThrow('is not known yet');
  }
});

test('names are listed once each, in order, with or without blanks', () => {
  expect(namesIn('{{ service }} {{facts.a}} {{service}}')).toEqual(['service', 'facts.a']);
  expect(namesIn('no placeholder, {single} and {{ unclosed')).toEqual([]);
});

test('numbers, booleans and null of a body pass unchanged', () => {
  const body = { a: 1, b: true, c: null, d: ['{{x}}', 2] };
  expect(insertIntoJson(body, { x: '9' })).toEqual({ a: 1, b: true, c: null, d: ['9', 2] });
});
